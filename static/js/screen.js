/**
 * One assignment on the screen: which question is current, what happens when something is chosen or written.
 *
 * @typedef {import("./contract.js").Question} Question
 * @typedef {import("./contract.js").Value} Value
 */
import { isText } from "./dom.js";
import { questionsOf } from "./questions.js";
import { buttonsOf, paintRow, showError } from "./rows.js";
import { Stages } from "./stages.js";
import { paintMark, unfoldSteps } from "./steps.js";
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
    this.assignment = assignment;
    this.answers = answers;
    this.report = report;
    this.questions = questionsOf(assignment);
    this.byKey = new Map(this.questions.map((one) => [one.key, one]));
    this.places = new Map(this.questions.map((one, index) => [one.key, index]));
    root.replaceChildren(...renderAssignment(assignment, this.questions));
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map([.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-key]"))].map((row) => [row.dataset.key ?? "", row]));
    const required = this.questions.filter((one) => one.required);
    this.required = required.length;
    /** Required questions without an answer, kept up with every change. */
    this.lacking = new Set(required.filter((one) => answers.get(one.key) === undefined).map((one) => one.key));
    this.stages = new Stages(root, assignment, answers);
    /** Contradictions that were asked about already (leaving.js). @type {Set<string>} */
    this.asked = new Set();
    /** @type {string | null} */
    this.currentKey = null;
    /** The missing question that `n` led to last: pressed again, it goes on from there. @type {string | null} */
    this.walked = null;
    /** Where one was before one went to the steps. @type {string | null} */
    this.cameFrom = null;
    this.leaving = new AbortController();
    this.listen();
    for (const key of [...answers.controls.keys()]) if (key.startsWith("s|") && !this.byKey.has(key)) answers.put(key, undefined);
    for (const key of this.rows.keys()) this.show(key);
    answers.onChange((key) => this.paint(key));
    this.report.onCount(this.required - this.lacking.size, this.required);
    const first = this.missing()[0] ?? this.questions.find((one) => one.kind !== "step" && this.stages.isOpen(one.group) && !this.stages.isFixed(one.group)) ?? this.questions[0];
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
    if (key === this.currentKey) return;
    if (this.currentKey !== null) this.rows.get(this.currentKey)?.classList.remove("is-current");
    this.currentKey = key;
    if (key !== this.walked) this.walked = null;
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
    if (this.stages.isFixed(this.byKey.get(key)?.group ?? "")) return this.report.announce(say("fixed_said"));
    this.answers.set(key, value);
  }

  /** Take the current answer away; a text is not one key press away from being gone. */
  clear() {
    if (this.current && this.current.kind !== "note") this.choose(this.current.key, undefined);
  }

  /** Answer the current question by its n-th button or by a value; then go on. @param {(question: Question) => Value | undefined} pick */
  answer(pick) {
    const question = this.current;
    const value = question && pick(question);
    if (!question || value === undefined || !this.offers(question, value)) return false;
    this.choose(question.key, value);
    this.advance(question);
    return true;
  }

  /** On to what comes next: the steps of an answer lead back to where one came from, everything else passes them by. @param {Question} from */
  advance(from) {
    const at = this.places.get(from.key) ?? 0;
    if (from.kind !== "step") {
      const next = this.near(at, 1, (one) => one.kind !== "step");
      this.go((next ?? from).key);
      return;
    }
    const next = this.questions[at + 1];
    if (next?.kind === "step" && next.response === from.response) this.go(next.key);
    else this.fromSteps(from.response);
  }

  /** Into the steps of the current answer, at the first one unmarked; or back. */
  toSteps() {
    const from = this.current;
    if (from?.kind === "step") return this.fromSteps(from.response);
    const response = from && "response" in from ? from.response : null;
    const steps = this.questions.filter((one) => one.kind === "step" && one.response === response);
    if (!from || !steps.length) return this.report.announce(say("no_steps"));
    this.cameFrom = from.key;
    unfoldSteps(true);
    this.go((steps.find((one) => this.answers.get(one.key) === undefined) ?? steps[0]).key);
  }

  /** @param {string} response */
  fromSteps(response) {
    const before = this.byKey.get(this.cameFrom ?? "");
    const back = before && "response" in before && before.response === response ? before
      : this.questions.find((one) => one.kind === "rating" && one.response === response);
    if (back) this.go(back.key);
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

  /** Whether a question can be seen: not folded away, not in a turn to come. @param {Question} question */
  isShown(question) {
    return this.stages.isOpen(question.group) && !this.rows.get(question.key)?.closest("details:not([open])");
  }

  /** The nearest question that can be seen and fits, from a place on. @param {number} from @param {number} step @param {(question: Question) => boolean} [fits] */
  near(from, step, fits = () => true) {
    for (let at = from + step; at >= 0 && at < this.questions.length; at += step) {
      if (fits(this.questions[at]) && this.isShown(this.questions[at])) return this.questions[at];
    }
    return undefined;
  }

  /** Required questions without an answer, of the turns that are shown. */
  missing() {
    return this.lacking.size ? this.questions.filter((one) => this.lacking.has(one.key) && this.stages.isOpen(one.group)) : [];
  }

  /** Whether the keys mean a question that the eye does not have: scrolled away, or behind the foot. */
  isAway() {
    const row = this.currentKey === null ? undefined : this.rows.get(this.currentKey);
    return Boolean(row && !inSight(row));
  }

  /** Go to the question before (−1) or after (1) the current one; down, to the current one first while a turn is only being read. @param {number} step */
  move(step) {
    if (step > 0 && this.currentKey !== null && !this.held() && this.isAway()) return this.go(this.currentKey);
    const next = this.near(this.places.get(this.currentKey ?? "") ?? 0, step);
    if (next) this.go(next.key);
  }

  /** Go to the same question of the neighbouring candidate. @param {number} step @param {"first" | "last" | "chosen"} [button] */
  across(step, button = "chosen") {
    const from = this.current;
    if (!from || from.kind === "comparison") return;
    /** @param {Question} one */
    const same = (one) => (one.kind === "rating" ? from.kind === "rating" && one.dimension.key === from.dimension.key
      : one.kind === "step" ? from.kind === "step" && one.index === from.index : one.kind === "note" && from.kind === "note" && one.note === from.note);
    const to = this.questions.find((one) => one.group === from.group && one.column === from.column + step && same(one));
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

  /**
   * Go to the next (1) or previous (−1) required question without an answer, over the end to the other one. A missing
   * question that one stands on comes first, unless this very walk led there: so pressing it again and again passes all.
   *
   * @param {number} step
   */
  toMissing(step) {
    const missing = this.missing();
    if (!missing.length) return this.nothingMissing();
    const at = this.places.get(this.currentKey ?? "") ?? 0;
    const stays = this.walked !== this.currentKey && this.lacking.has(this.currentKey ?? "");
    const after = missing.filter((one) => ((this.places.get(one.key) ?? 0) - at) * step > (stays ? -1 : 0));
    const next = step > 0 ? after[0] ?? missing[0] : after.at(-1) ?? missing[missing.length - 1];
    this.walked = next.key;
    this.go(next.key);
  }

  nothingMissing() {
    if (!this.stages.button) return this.report.announce(say("nothing_missing"));
    this.stages.button.focus();
    this.report.announce(say("turn_complete"));
  }

  /** On to the next turn; what was answered stays as it is. */
  goOn() {
    this.stages.advance();
    const next = this.missing()[0] ?? this.questions.find((one) => one.group === this.stages.present && one.kind !== "step");
    if (next) this.go(next.key);
    else this.stages.button?.focus();
  }

  /** Go to the first question of the turn before or after. @param {number} step */
  toGroup(step) {
    const groups = [...new Set(this.questions.map((one) => one.group))];
    const group = groups[groups.indexOf(this.current?.group ?? groups[0]) + step];
    const first = this.questions.find((one) => one.group === group && this.isShown(one));
    if (first) this.go(first.key, "chosen", true);
  }

  /** Whether the turn of a question has no answer yet: it is still to be read. @param {string} key */
  isUnread(key) {
    const group = this.byKey.get(key)?.group;
    return group !== this.current?.group && !this.questions.some((one) => one.group === group && this.answers.get(one.key) !== undefined);
  }

  /**
   * Focus a question. An unread turn is shown from its top, because it must be read first: where the question is then out
   * of sight, the turn's heading has the focus, so that the space bar and the arrows scroll.
   *
   * @param {string} key
   * @param {"first" | "last" | "chosen"} [which]
   * @param {boolean} [fromTop]
   */
  go(key, which = "chosen", fromTop = this.isUnread(key)) {
    const row = this.rows.get(key);
    if (!row) return;
    row.closest("[data-group]")?.dispatchEvent(new Event("reveal"));
    for (let fold = row.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
    const buttons = buttonsOf(row);
    const button = which === "first" ? buttons[0] : which === "last" ? buttons.at(-1) : buttons.find((one) => one.tabIndex === 0);
    // Everything that changes the page comes before the focus, which needs its layout: one layout, not three.
    if (this.byKey.has(key)) this.setCurrent(key);
    (button ?? row).focus({ preventScroll: true });
    const turn = fromTop ? row.closest("[data-group]") : null;
    (turn ?? row).scrollIntoView({ block: turn ? "start" : "nearest" });
    if (turn && !inSight(row)) /** @type {HTMLElement | null} */ (turn.querySelector(".turn-head h2"))?.focus({ preventScroll: true });
  }

  /** Into the required text that one stands on, else into the critique of the current candidate (or the remark, or the reason). */
  write() {
    const row = this.currentKey === null ? undefined : this.rows.get(this.currentKey);
    const place = this.current?.kind === "note" ? row : row?.closest(".candidate") ?? row?.closest(".comparison");
    const box = /** @type {HTMLTextAreaElement | null | undefined} */ (place?.querySelector("textarea"));
    const fold = box?.closest("details");
    if (fold) fold.open = true;
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
    const fold = /** @type {HTMLDetailsElement | null | undefined} */ (row?.closest(".comparison, .candidate")?.querySelector("details:not(.steps)"));
    if (fold) fold.open = !fold.open;
  }

  undo() {
    const key = this.answers.undo();
    if (key) this.go(key);
    this.report.announce(say(key ? "undone" : "nothing_to_undo"));
  }

  /** A control changed. @param {string} key */
  paint(key) {
    const question = this.byKey.get(key);
    if (!this.rows.has(key)) this.stages.paint();
    this.show(key);
    if (question?.required) {
      if (this.answers.get(key) === undefined) this.lacking.add(key);
      else this.lacking.delete(key);
      this.report.onCount(this.required - this.lacking.size, this.required);
    }
    if (question && key === this.currentKey) this.report.onCurrent(question);
  }

  /** Show a control's value at its row. @param {string} key */
  show(key) {
    const row = this.rows.get(key);
    const question = this.byKey.get(key);
    const value = this.answers.get(key);
    if (!row) return;
    if (question?.kind === "rating" || question?.kind === "comparison") paintRow(row, question, value);
    else if (question?.kind === "step") {
      paintRow(row, question, value);
      paintMark(row, value);
    } else paintNote(row, typeof value === "string" ? value : "");
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

/** Whether a row can be seen: its middle is on the screen, and nothing lies over it. @param {HTMLElement} row */
function inSight(row) {
  const { left, top, width, height } = row.getBoundingClientRect();
  return row.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}

/** @param {HTMLElement} row @param {string} text */
function paintNote(row, text) {
  const box = /** @type {HTMLTextAreaElement | null} */ (row.querySelector("textarea"));
  row.classList.toggle("is-answered", text !== "");
  showError(row, "");
  if (!box || box.value.trim() === text.trim()) return;
  box.value = text;
  const fold = row.closest("details");
  if (text && fold) fold.open = true;
}
