/**
 * One assignment on the screen: which question is current, what happens when something is chosen or written.
 *
 * @typedef {import("./contract.js").Question} Question
 * @typedef {import("./contract.js").Value} Value
 */
import { isText } from "./dom.js";
import { questionsOf } from "./questions.js";
import { buttonsOf, paintRow, showError } from "./rows.js";
import { say } from "./texts.js";
import { renderAssignment } from "./view.js";

export class Screen {
  /**
   * @param {HTMLElement} root
   * @param {import("./contract.js").Assignment} assignment
   * @param {import("./answers.js").Answers} answers
   * @param {{ onCurrent: (question: Question) => void, onCount: (answered: number, required: number) => void, announce: (text: string) => void }} report
   */
  constructor(root, assignment, answers, report) {
    this.root = root;
    this.answers = answers;
    this.report = report;
    this.questions = questionsOf(assignment);
    this.byKey = new Map(this.questions.map((one) => [one.key, one]));
    root.replaceChildren(...renderAssignment(assignment, this.questions));
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map([.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-key]"))].map((row) => [row.dataset.key ?? "", row]));
    /** @type {string | null} */
    this.currentKey = null;
    this.leaving = new AbortController();
    this.listen();
    answers.onChange((key) => this.paint(key));
    for (const key of this.rows.keys()) this.paint(key);
    const first = this.missing()[0] ?? this.questions[0];
    if (first) this.setCurrent(first.key);
  }

  listen() {
    const { signal } = this.leaving;
    this.root.addEventListener("click", (event) => this.clicked(/** @type {Element} */ (event.target)), { signal });
    this.root.addEventListener("focusin", (event) => this.focused(/** @type {Element} */ (event.target)), { signal });
    this.root.addEventListener("input", (event) => this.typed(event.target), { signal });
  }

  /** Take the screen down. */
  close() {
    this.leaving.abort();
  }

  /** @param {Element} target */
  clicked(target) {
    const button = /** @type {HTMLElement | null} */ (target.closest("button[data-value]"));
    const key = button?.closest("[data-key]")?.getAttribute("data-key");
    if (button && key) this.choose(key, JSON.parse(button.dataset.value ?? "null"));
  }

  /** @param {Element} target */
  focused(target) {
    const key = target.closest("[data-key]")?.getAttribute("data-key");
    if (key && this.byKey.has(key)) this.setCurrent(key);
  }

  /** @param {EventTarget | null} target */
  typed(target) {
    if (!(target instanceof HTMLTextAreaElement) || !target.dataset.note) return;
    this.answers.set(target.dataset.note, target.value.trim() ? target.value : undefined);
  }

  get current() {
    return this.currentKey === null ? undefined : this.byKey.get(this.currentKey);
  }

  /** @param {string} key */
  setCurrent(key) {
    if (this.currentKey !== null) this.rows.get(this.currentKey)?.classList.remove("is-current");
    this.currentKey = key;
    this.rows.get(key)?.classList.add("is-current");
    const question = this.byKey.get(key);
    if (question) this.report.onCurrent(question);
  }

  /** The control under the hand, which a merge must not change. */
  held() {
    return document.activeElement?.closest("[data-key]")?.getAttribute("data-key") ?? null;
  }

  /** @param {string} key @param {Value | undefined} value */
  choose(key, value) {
    this.answers.set(key, value);
  }

  /** Answer the current question by its n-th button or by a value; then go on. @param {(question: Question) => Value | undefined} pick */
  answer(pick) {
    const question = this.current;
    const value = question && pick(question);
    if (!question || value === undefined || !this.offers(question, value)) return false;
    this.choose(question.key, value);
    this.move(1);
    return true;
  }

  /** @param {Question} question @param {Value} value */
  offers(question, value) {
    const row = this.rows.get(question.key);
    const wanted = JSON.stringify(value);
    return Boolean(row && buttonsOf(row).some((button) => button.dataset.value === wanted));
  }

  /** The value of the n-th button (from 0) of a question. @param {Question} question @param {number} index @returns {Value | undefined} */
  nth(question, index) {
    const row = this.rows.get(question.key);
    const button = row && buttonsOf(row)[index];
    return button && JSON.parse(button.dataset.value ?? "null");
  }

  /** Questions that can be seen: those folded away are left out. */
  open() {
    return this.questions.filter((one) => !this.rows.get(one.key)?.closest("details:not([open])"));
  }

  missing() {
    return this.questions.filter((one) => one.required && this.answers.get(one.key) === undefined);
  }

  /** Go to the question before (−1) or after (1) the current one. @param {number} step */
  move(step) {
    const open = this.open();
    const at = open.findIndex((one) => one.key === this.currentKey);
    const next = open[at + step];
    if (next) this.go(next.key);
  }

  /** Go to the same question of the neighbouring candidate. @param {number} step @param {"first" | "last" | "chosen"} [button] */
  across(step, button = "chosen") {
    const from = this.current;
    if (from?.kind !== "rating") return;
    const to = this.questions.find((one) => one.kind === "rating" && one.group === from.group && one.column === from.column + step
      && one.dimension.key === from.dimension.key);
    if (to) this.go(to.key, button);
  }

  /** Move the focus over the levels of the row, and past its end to the next candidate. @param {number} step */
  along(step) {
    const row = this.currentKey === null ? undefined : this.rows.get(this.currentKey);
    if (!row || !this.currentKey) return;
    const buttons = buttonsOf(row);
    const at = buttons.findIndex((one) => one === document.activeElement);
    if (at < 0) this.go(this.currentKey);
    else if (buttons[at + step]) buttons[at + step].focus();
    else this.across(step, step > 0 ? "first" : "last");
  }

  /** Go to the next (1) or previous (−1) required question without an answer. @param {number} step */
  toMissing(step) {
    const missing = this.missing();
    if (!missing.length) return this.report.announce(say("nothing_missing"));
    const here = missing.find((one) => one.key === this.currentKey);
    if (here && this.held() !== here.key) return this.go(here.key);
    const at = this.questions.findIndex((one) => one.key === this.currentKey);
    const after = missing.filter((one) => (this.questions.indexOf(one) - at) * step > 0);
    const next = step > 0 ? after[0] ?? missing[0] : after.at(-1) ?? missing[missing.length - 1];
    this.go(next.key);
  }

  /** Go to the first question of the turn before or after. @param {number} step */
  toGroup(step) {
    const groups = [...new Set(this.questions.map((one) => one.group))];
    const group = groups[groups.indexOf(this.current?.group ?? groups[0]) + step];
    const first = this.questions.find((one) => one.group === group);
    if (first) this.go(first.key);
  }

  /**
   * Focus a question. Coming to another turn shows the turn from its top, because it must be read first.
   *
   * @param {string} key
   * @param {"first" | "last" | "chosen"} [which]
   */
  go(key, which = "chosen") {
    const row = this.rows.get(key);
    if (!row) return;
    const entering = this.current?.group !== this.byKey.get(key)?.group;
    for (let fold = row.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
    const buttons = buttonsOf(row);
    const button = which === "first" ? buttons[0] : which === "last" ? buttons.at(-1) : buttons.find((one) => one.tabIndex === 0);
    const target = button ?? /** @type {HTMLElement | null} */ (row.querySelector("textarea"));
    target?.focus({ preventScroll: true });
    const turn = row.closest("[data-group]");
    if (entering && turn) turn.scrollIntoView({ block: "start" });
    else row.scrollIntoView({ block: "nearest" });
  }

  /** Into the critique of the current candidate (or the remark on the whole). */
  write() {
    const question = this.current;
    const row = question && this.rows.get(question.key);
    const place = row?.closest(".candidate") ?? row?.closest(".comparison");
    const fold = place?.matches(".comparison") ? place.querySelector("details") : null;
    if (fold) fold.open = true;
    const box = /** @type {HTMLTextAreaElement | null | undefined} */ (place?.querySelector("textarea"));
    box?.focus({ preventScroll: true });
    box?.scrollIntoView({ block: "nearest" });
  }

  /** Out of a text, back to the row it was entered from. */
  leaveText() {
    if (isText(document.activeElement) && this.currentKey) this.go(this.currentKey);
  }

  /** Unfold or fold what is optional where one is. */
  unfold() {
    const row = this.currentKey === null ? undefined : this.rows.get(this.currentKey);
    const fold = /** @type {HTMLDetailsElement | null | undefined} */ (row?.closest(".comparison, .candidate")?.querySelector("details"));
    if (fold) fold.open = !fold.open;
  }

  undo() {
    const key = this.answers.undo();
    if (key) this.go(key);
    this.report.announce(say(key ? "undone" : "nothing_to_undo"));
  }

  /** @param {string} key */
  paint(key) {
    const row = this.rows.get(key);
    const question = this.byKey.get(key);
    const value = this.answers.get(key);
    if (row && question) paintRow(row, question, value);
    else if (row) paintNote(row, typeof value === "string" ? value : "");
    const required = this.questions.filter((one) => one.required);
    this.report.onCount(required.length - this.missing().length, required.length);
    if (question && key === this.currentKey) this.report.onCurrent(question);
  }

  /**
   * Show what the server refused at its control; returns what has no control.
   *
   * @param {import("./contract.js").Problem[]} problems
   * @param {Map<string, string>} places
   */
  showProblems(problems, places) {
    const [here, elsewhere] = [/** @type {string[]} */ ([]), /** @type {import("./contract.js").Problem[]} */ ([])];
    for (const problem of problems) {
      const key = places.get(problem.path.match(/^\w+\[\d+\]/)?.[0] ?? "");
      const row = key === undefined ? undefined : this.rows.get(key);
      if (row && key !== undefined) here.push(key);
      if (row) showError(row, problem.detail);
      else elsewhere.push(problem);
    }
    if (here.length) this.go(here[0]);
    return elsewhere;
  }
}

/** @param {HTMLElement} row @param {string} text */
function paintNote(row, text) {
  const box = /** @type {HTMLTextAreaElement | null} */ (row.querySelector("textarea"));
  if (!box || box.value.trim() === text.trim()) return;
  box.value = text;
  const fold = row.closest("details");
  if (text && fold) fold.open = true;
}
