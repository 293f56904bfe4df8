/** The steps of an answer, each to be marked right, neutral or wrong. Unmarked is none of the three. */
import { h, nodesOf } from "./dom.js";
import { choiceGroup } from "./rows.js";
import { say } from "./texts.js";

/** @typedef {import("./contract.js").StepQuestion} StepQuestion */

const OPEN = "steps-open";

/** What a step can be marked as, from the left; the label is also the key. */
export const marks = () => [
  { value: 1, label: "+", title: say("step_right"), kind: "step" },
  { value: 0, label: "0", title: say("step_neutral"), kind: "step" },
  { value: -1, label: "−", title: say("step_wrong"), kind: "step" },
];

/**
 * The steps of one answer, folded: they are optional and repeat its text. Whoever unfolds one list wants all of them,
 * here and in the next task.
 *
 * @param {StepQuestion[]} questions
 */
export function stepList(questions) {
  const fold = h("details", { class: "fold steps", open: localStorage.getItem(OPEN) === "yes" },
    h("summary", {}, say("steps"), h("span", { class: "steps-said" }), h("kbd", { class: "wide-only" }, "e")),
    questions.length ? h("ol", { class: "step-list" }, ...questions.map(stepRow)) : h("p", { class: "muted" }, say("no_steps")));
  fold.querySelector("summary")?.addEventListener("click", (event) => {
    event.preventDefault();
    unfoldSteps(!fold.open);
  });
  return fold;
}

/** @param {boolean} opens */
export function unfoldSteps(opens) {
  localStorage.setItem(OPEN, opens ? "yes" : "no");
  for (const fold of document.querySelectorAll("details.steps")) /** @type {HTMLDetailsElement} */ (fold).open = opens;
}

/** @param {StepQuestion} question */
function stepRow(question) {
  const text = h("div", { class: "step-text prose", id: `step-${question.response}-${question.index}` });
  text.append(...nodesOf(question.html));
  const label = say("step", { number: question.index + 1, total: question.count });
  return h("li", { class: "question question-step", "data-key": question.key, "data-mark": "" }, text,
    choiceGroup(marks(), { "aria-label": label, "data-described": text.id, "aria-describedby": text.id }),
    h("p", { class: "question-error", hidden: true, id: `${text.id}-error` }));
}

/**
 * Show a step's mark, and with it how far the answer is and where its first error lies.
 *
 * @param {HTMLElement} row
 * @param {import("./contract.js").Value | undefined} value
 */
export function paintMark(row, value) {
  row.dataset.mark = value === undefined ? "" : String(value);
  const list = row.closest(".steps");
  const rows = [.../** @type {NodeListOf<HTMLElement>} */ (list?.querySelectorAll("[data-mark]") ?? [])];
  const marked = rows.filter((one) => one.dataset.mark).length;
  const error = rows.findIndex((one) => one.dataset.mark === "-1");
  rows.forEach((one, index) => one.classList.toggle("is-first-error", index === error));
  const said = [say("steps_marked", { marked, total: rows.length }), error >= 0 ? say("first_error", { number: error + 1 }) : ""];
  list?.querySelector(".steps-said")?.replaceChildren(said.filter(Boolean).join(" · "));
}
