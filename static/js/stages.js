/**
 * Turn by turn: a turn is shown once the one before is answered and the person went on; from then on the earlier answers
 * are fixed, so that nothing is judged with hindsight. How far one is lies in the draft, among the answers.
 *
 * Without `turn_by_turn` everything is open and nothing fixed.
 */
import { byId, h } from "./dom.js";
import { placeOf, SEEN } from "./questions.js";
import { showLeaving } from "./status.js";
import { say } from "./texts.js";

export class Stages {
  /**
   * @param {HTMLElement} root
   * @param {import("./contract.js").Assignment} assignment
   * @param {import("./answers.js").Answers} answers
   */
  constructor(root, assignment, answers) {
    this.assignment = assignment;
    this.answers = answers;
    this.active = assignment.turn_by_turn;
    this.sections = [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-group]"))];
    this.groups = this.sections.map((one) => one.dataset.group ?? "");
    /** @type {HTMLButtonElement | null} */
    this.button = null;
    if (this.active && answers.get(SEEN) === undefined) {
      // Answers without a mark are submitted work taken up again: all of it was seen.
      const seen = answers.controls.size ? this.groups.length : 1;
      answers.controls.set(SEEN, seen);
      answers.acknowledged.set(SEEN, seen);
    }
    this.paint();
  }

  /** How many turns (the whole counts as one) are shown. */
  get seen() {
    return this.active ? Math.min(Number(this.answers.get(SEEN)), this.groups.length) : this.groups.length;
  }

  /** The turn that is being answered. */
  get present() {
    return this.groups[this.seen - 1];
  }

  get atEnd() {
    return this.seen === this.groups.length;
  }

  /** @param {string} group */
  isOpen(group) {
    return !this.active || this.groups.indexOf(group) < this.seen;
  }

  /** Whether the answers of this turn may no longer change. @param {string} group */
  isFixed(group) {
    return this.active && this.groups.indexOf(group) < this.seen - 1;
  }

  /** Show the next turn; the answers so far are fixed, and undo does not reach them. */
  advance() {
    this.answers.past.length = 0;
    this.answers.put(SEEN, this.seen + 1);
  }

  paint() {
    if (!this.active) return showLeaving(say("submit"));
    this.sections.forEach((section, index) => {
      section.hidden = index >= this.seen;
      if (index < this.seen - 1 && !section.classList.contains("is-fixed")) fix(section);
    });
    const next = this.groups[this.seen];
    const label = next === undefined ? say("submit") : say("go_on", { place: placeOf(this.assignment, next) });
    showLeaving(label);
    this.button?.remove();
    this.button = null;
    if (next === undefined) return;
    this.button = h("button", { type: "button", class: "btn btn-primary go-on", onclick: () => byId("submit").click() }, label, h("kbd", { class: "wide-only" }, "Ctrl ↵"));
    this.sections[this.seen - 1].append(this.button);
  }
}

/** Show a turn's answers as they stay. @param {HTMLElement} section */
function fix(section) {
  section.classList.add("is-fixed");
  section.querySelector(".turn-head")?.append(h("span", { class: "badge" }, say("fixed")));
  for (const group of section.querySelectorAll("[role=radiogroup]")) group.setAttribute("aria-readonly", "true");
  for (const button of section.querySelectorAll("[role=radio]")) button.setAttribute("aria-disabled", "true");
  for (const box of section.querySelectorAll("textarea")) box.readOnly = true;
}
