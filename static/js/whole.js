/** Whole conversations side by side: what they share is said once, what differs stands turn by turn in columns. */
import { h } from "./dom.js";
import { folded } from "./notes.js";
import { renderParts } from "./parts.js";
import { say } from "./texts.js";

/**
 * @typedef {{ assignment: import("./contract.js").Assignment, letters: Map<string, string> }} Scene
 * @typedef {import("./contract.js").Path} Path
 */

/** What a fold will hold, once somebody reads it. @type {WeakMap<Element, () => HTMLElement[]>} */
const waiting = new WeakMap();

/**
 * The messages of whole paths: what all begin with, and a list of elements of equal length for each path.
 *
 * @param {Scene} scene
 * @param {Path[]} paths
 * @returns {{ same: HTMLElement | null, columns: HTMLElement[][] }}
 */
export function wholePaths(scene, paths) {
  if (paths.length === 1) return { same: null, columns: [[reading(say("read_whole"), paths[0].responses.map((one) => () => round(scene, one)))]] };
  const longest = Math.max(...paths.map((path) => path.responses.length));
  let shared = 0;
  while (shared < longest && paths.every((path) => path.responses[shared] === paths[0].responses[shared])) shared += 1;
  const same = shared ? reading(say(shared === 1 ? "same_turn" : "same_turns", { last: shared }), paths[0].responses.slice(0, shared).map((one) => () => round(scene, one))) : null;
  same?.classList.add("same-turns");
  const columns = paths.map(({ responses }) => Array.from({ length: longest - shared }, (_, index) => {
    const response = responses[shared + index];
    if (response === undefined) return h("div", {});
    const letter = scene.letters.get(response) ?? "";
    const fold = reading(`${say("turn", { number: shared + index + 1 })} · ${say("answer", { letter })}`, [() => round(scene, response)]);
    fold.open = true;
    return fold;
  }));
  return { same, columns };
}

/** @param {string} label @param {(() => HTMLElement[])[]} rounds */
function reading(label, rounds) {
  const fold = folded(label, []);
  fold.classList.add("path-turn");
  waiting.set(fold, () => rounds.flatMap((one) => one()));
  return fold;
}

/** The user's message and the answer that the path goes on from. @param {Scene} scene @param {string} response */
function round({ assignment, letters }, response) {
  const turn = assignment.turns.find((one) => one.candidates.some((candidate) => candidate.id === response));
  const candidate = turn?.candidates.find((one) => one.id === response);
  if (!turn || !candidate) return [];
  const letter = letters.get(response) ?? "";
  return [h("div", { class: "message message-user" }, h("p", { class: "speaker" }, say("user")), ...renderParts(turn.content)),
    h("div", { class: "message" }, h("p", { class: "speaker" }, h("span", { class: "letter" }, letter), say("answer", { letter })), ...renderParts(candidate.content))];
}

/**
 * Put the messages in when they come near: when a fold is opened, the section is entered or scrolled to.
 *
 * @param {HTMLElement} root
 * @param {(place: HTMLElement) => void} filled
 */
export function fillOnSight(root, filled) {
  const fill = (/** @type {Element} */ fold) => {
    const messages = /** @type {HTMLDetailsElement} */ (fold).open && waiting.get(fold);
    const body = fold.querySelector(".fold-body");
    if (!messages || !body) return;
    waiting.delete(fold);
    body.append(...messages());
    filled(/** @type {HTMLElement} */ (fold));
  };
  const section = root.querySelector(".turn-whole");
  if (!section) return () => undefined;
  const folds = [...section.querySelectorAll(".path-turn")];
  let near = false;
  for (const fold of folds) fold.addEventListener("toggle", () => { if (near) fill(fold); });
  const enter = () => {
    near = true;
    folds.forEach(fill);
  };
  section.addEventListener("reveal", enter);
  const sight = new IntersectionObserver((entries) => { if (entries.some((one) => one.isIntersecting)) enter(); }, { rootMargin: "100%" });
  sight.observe(section);
  return () => sight.disconnect();
}
