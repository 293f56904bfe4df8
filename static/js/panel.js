/** Beside the work: the anchors of the current question, always in sight. */
import { byId, h } from "./dom.js";
import { preferenceText } from "./rows.js";
import { letter, placeOf, WHOLE } from "./questions.js";
import { marks } from "./steps.js";
import { say, signed, textsOf } from "./texts.js";

/**
 * @typedef {import("./contract.js").Question} Question
 * @typedef {import("./contract.js").Value} Value
 */

/**
 * @param {HTMLElement} place
 * @param {Question} question
 * @param {Value | undefined} value
 * @param {import("./contract.js").Rubric} rubric
 * @param {string} where "Turn 2 · Answer B"
 */
export function showPanel(place, question, value, rubric, where) {
  const shown = `${question.key} ${JSON.stringify(value)}`;
  if (place.dataset.shown === shown) return;
  place.dataset.shown = shown;
  place.replaceChildren(h("p", { class: "panel-where" }, where), ...parts(question, value, rubric), keysFor(question));
}

/** The anchors small or large, where they stand below the work; beside it they are whole anyway. @param {boolean} [large] */
export function enlarge(large) {
  const button = byId("enlarge");
  const wanted = large ?? button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(wanted));
  button.closest(".panel")?.classList.toggle("is-large", wanted);
}

/** @param {Question} question @param {Value | undefined} value @param {import("./contract.js").Rubric} rubric */
function parts(question, value, rubric) {
  if (question.kind === "note") return [h("h2", {}, say(question.scope === "global" && question.response ? "remark" : question.note, { letter: letter(question.column) })), h("p", { class: "panel-question" }, say("note_keys"))];
  if (question.kind === "step") {
    const items = marks().map((one) => anchor(one.label, one.title, value === one.value));
    return [h("h2", {}, say("step", { number: question.index + 1, total: question.count })), h("ol", { class: "anchors", role: "list" }, ...items),
      h("p", { class: "panel-question" }, say("step_hint"))];
  }
  const head = question.dimension ? dimensionPart(question, question.dimension) : [];
  return [...head, question.kind === "rating" ? anchors(question, value) : preferences(question, value, rubric)];
}

/** @param {Question} question @param {import("./contract.js").Dimension} dimension */
function dimensionPart(question, dimension) {
  const texts = textsOf(dimension);
  const rule = question.kind === "rating" && question.rule ? texts.rules[question.rule] : "";
  return [h("h2", {}, h("span", { class: "code" }, dimension.code), " ", texts.name), h("p", { class: "panel-question" }, texts.question),
    rule ? h("p", { class: "callout callout-warn" }, rule) : null].filter((one) => one !== null);
}

/** @param {import("./contract.js").RatingQuestion} question @param {Value | undefined} value */
function anchors({ dimension, rule }, value) {
  const texts = textsOf(dimension);
  const chosen = typeof value === "object" ? value : null;
  const items = [];
  for (let level = dimension.maximum; level >= dimension.minimum; level -= 1) {
    items.push(anchor(signed(level), texts.anchors[level] ?? "", chosen?.value === level && chosen.state === "rated"));
  }
  if (rule === "one_image_turn") items.push(anchor("d", say("default_title", { value: 3 }), chosen?.state === "defaulted"));
  if (rule === "no_image" || rule === "no_output_image") items.push(anchor("x", say("not_applicable"), chosen?.state === "not_applicable"));
  items.push(anchor("u", say("unable"), chosen?.state === "unable"));
  return h("ol", { class: "anchors", role: "list" }, ...items);
}

/** @param {string} mark @param {string} text @param {boolean} chosen */
function anchor(mark, text, chosen) {
  return h("li", { class: chosen ? "is-chosen" : null }, h("span", { class: "anchor-mark" }, mark), h("span", {}, text));
}

/** @param {import("./contract.js").ComparisonQuestion} question @param {Value | undefined} value @param {import("./contract.js").Rubric} rubric */
function preferences({ letters, dimension }, value, { preference_scale: scale, tie_allowed: tie }) {
  const items = [];
  for (let at = -scale; at <= scale; at += 1) {
    if (at !== 0 || tie) items.push(anchor(String(items.length + 1), preferenceText(at, letters, scale), value === at));
  }
  return h("div", {}, dimension ? null : h("h2", {}, say("which_better", { left: letters[0], right: letters[1] })), h("ol", { class: "anchors", role: "list" }, ...items));
}

/** @param {Question} question */
function keysFor(question) {
  return h("p", { class: "panel-keys" }, h("kbd", {}, "j"), h("kbd", {}, "k"), ` ${say("key_rows")} `,
    question.kind === "rating" && question.columns > 1 ? h("span", {}, h("kbd", {}, "h"), h("kbd", {}, "l"), ` ${say("key_across")} `) : null,
    question.kind === "step" ? h("span", {}, h("kbd", {}, "e"), ` ${say("key_back")} `) : null, h("kbd", {}, "n"), ` ${say("key_missing")} `, h("kbd", {}, "?"), ` ${say("key_all")}`);
}

/**
 * Where a question stands, in words: "Turn 2 · Answer B".
 *
 * @param {import("./contract.js").Question} question
 * @param {import("./contract.js").Assignment} assignment
 */
export function where(question, assignment) {
  const place = placeOf(assignment, question.group);
  if ("letters" in question && question.letters) return `${place} · ${question.letters.join(" / ")}`;
  if (question.group === WHOLE) return question.columns > 1 ? `${place} · ${question.column + 1}` : place;
  return `${place} · ${say("answer", { letter: letter(question.column) })}`;
}
