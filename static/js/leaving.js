/** What stands between the last answer and the server: what is missing, a look at one's own contradictions, the turns to come. */
import { contradictions } from "./consistency.js";
import { h } from "./dom.js";
import { placeOf } from "./questions.js";
import { showError } from "./rows.js";
import { say, signed, textsOf } from "./texts.js";

/**
 * @typedef {import("./screen.js").Screen} Screen
 * @typedef {import("./consistency.js").Contradiction} Contradiction
 */

/**
 * Whether the answers may be sent now. If not, the screen shows why, or went on to the next turn.
 *
 * @param {Screen} screen
 * @returns {Promise<boolean>}
 */
export async function mayLeave(screen) {
  const { stages, report } = screen;
  const missing = screen.missing();
  if (missing.length) {
    report.announce(say("missing", { number: missing.length }));
    screen.walked = null; // the walk of `n` passes over what one stands on; here that is what is missing
    screen.toMissing(1);
    const row = screen.rows.get(screen.currentKey ?? "");
    if (row) showError(row, say("still_missing"));
    if (row?.contains(document.activeElement)) row.scrollIntoView({ block: "nearest" });
    return false;
  }
  const here = stages.active ? screen.questions.filter((one) => one.group === stages.present) : screen.questions;
  if (!(await keepsBoth(screen, contradictions(here, (key) => screen.answers.get(key))))) return false;
  if (stages.atEnd) return true;
  screen.goOn();
  return false;
}

/**
 * Ask about contradictions, once for as long as they stay the same.
 *
 * @param {Screen} screen
 * @param {Contradiction[]} found
 * @returns {Promise<boolean>} false: the person looks again
 */
async function keepsBoth(screen, found) {
  const state = JSON.stringify(found.map((one) => [one.question.key, screen.answers.get(one.question.key), one.means]));
  if (!found.length || screen.asked.has(state)) return true;
  screen.asked.add(state);
  if (await ask(found.map((one) => sentence(screen, one)), say(screen.stages.atEnd ? "keep_and_submit" : "keep_and_go_on"))) return true;
  screen.go(found[0].question.key);
  return false;
}

/** "Turn 2: you rated A higher (mean 2.5 against 1.5) and prefer B." @param {Screen} screen @param {Contradiction} found */
function sentence({ assignment }, { question, higher, means }) {
  const { letters, dimension } = question;
  const place = placeOf(assignment, question.group);
  const values = { higher: letters[higher], preferred: letters[1 - higher], more: rounded(means[higher]), less: rounded(means[1 - higher]) };
  if (dimension) return say("contradiction_dimension", { place, dimension: textsOf(dimension).name, ...values });
  return say("contradiction", { place, ...values });
}

/** @param {number} value */
const rounded = (value) => signed(Math.round(value * 100) / 100);

/**
 * @param {string[]} sentences
 * @param {string} keep what the button that keeps the answers says
 * @returns {Promise<boolean>}
 */
function ask(sentences, keep) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog", id: "consistency", "aria-labelledby": "consistency-title", "aria-describedby": "consistency-said" },
      h("div", { class: "dialog-head" }, h("h2", { id: "consistency-title" }, say("contradiction_title"))),
      h("div", { class: "dialog-body", id: "consistency-said" }, h("ul", {}, ...sentences.map((one) => h("li", {}, one))), h("p", { class: "muted" }, say("contradiction_hint"))),
      h("div", { class: "dialog-foot" },
        h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, say("look_again"), h("kbd", { class: "wide-only" }, "Esc")),
        h("button", { type: "button", class: "btn btn-primary", autofocus: true, onclick: () => dialog.close("keep") }, keep, h("kbd", { class: "wide-only" }, "↵"))));
    // The key that brought the dialog up must not answer it while it is held down.
    dialog.addEventListener("keydown", (event) => { if (event.repeat) event.preventDefault(); });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "keep");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
