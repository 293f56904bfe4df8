/**
 * The reviewers' sitting: by keyboard from the first question to the decision, what is typed kept until it is sent,
 * and how long it really took. Without this script the page is plain forms.
 */
import { ActiveTime } from "./activity.js";
import { isText } from "./dom.js";

const DRAFT = "annotate sitting ";
const KEYED = { u: "unable", x: "not_applicable", "+": "1", "=": "1", "-": "-1", "−": "-1", m: "-1" };

/** @typedef {HTMLFieldSetElement} Question */

class Sitting {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.stage = form.dataset.stage ?? "";
    this.draft = `${DRAFT}${form.dataset.sitting} ${this.stage}`;
    /** @type {Question[]} in reading order, the decision last */
    this.questions = [.../** @type {NodeListOf<Question>} */ (form.querySelectorAll("fieldset.question"))];
    /** @type {Question | undefined} where the keyboard was last */
    this.current = undefined;
    this.links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".question-list a"));
    this.active = new ActiveTime();
    this.active.restart(`sitting ${form.dataset.sitting}`, Number(form.dataset.active) || 0);
  }

  begin() {
    this.forgetOthers();
    if (!("given" in this.form.dataset)) this.restore();
    this.tick();
    this.form.addEventListener("input", () => { this.keep(); this.tick(); });
    this.form.addEventListener("submit", () => this.send());
    document.addEventListener("keydown", (event) => this.key(event));
    const help = /** @type {HTMLElement | null} */ (document.querySelector("[data-keys]"));
    if (help) help.hidden = false;
    help?.addEventListener("click", () => this.help());
    document.getElementById("keys")?.addEventListener("close", () => this.go(this.current));
    this.form.addEventListener("focusin", (event) => this.follow(event.target));
    for (const link of this.links) {
      link.addEventListener("click", (event) => this.jump(event, link.hash));
    }
    const problem = this.questions.find((one) => one.classList.contains("has-problem"));
    const first = problem ?? (this.stage === "decision" ? undefined : this.open(-1));
    if (first && this.stage !== "finished") this.go(first);
    // What is wrong with the decision may lie outside of its question: why the model is wrong, what is sent back.
    else /** @type {HTMLElement | null} */ (this.form.querySelector(".has-problem:not(.question) :is(input, select)"))?.focus();
  }

  /** A question in the list beside the conversation is ticked once it has an answer. */
  tick() {
    for (const item of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-question]"))) {
      const mark = /** @type {HTMLElement | null} */ (item.querySelector(".answered"));
      const choices = this.form.elements.namedItem(item.dataset.question ?? "");
      if (mark) mark.hidden = !value(choices);
    }
  }

  /** What was chosen and written stays in this tab until the server has it. */
  keep() {
    const kept = [...new FormData(this.form)].filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "active_ms");
    sessionStorage.setItem(this.draft, JSON.stringify(kept));
  }

  restore() {
    const kept = sessionStorage.getItem(this.draft);
    if (!kept) return;
    for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (this.form.querySelectorAll("input[type=checkbox]"))) box.checked = false;
    for (const [name, text] of /** @type {[string, string][]} */ (JSON.parse(kept))) {
      for (const field of this.fields(name)) {
        if (field instanceof HTMLInputElement && ["radio", "checkbox"].includes(field.type)) field.checked ||= field.value === text;
        else field.value = text;
      }
    }
  }

  /** @param {string} name */
  fields(name) {
    const fields = /** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>} */ (this.form.querySelectorAll("input, textarea, select"));
    return [...fields].filter((field) => field.name === name);
  }

  /** The stage before is stored, and so are other sittings: their drafts are not needed any more. */
  forgetOthers() {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(DRAFT) && name !== this.draft) sessionStorage.removeItem(name);
    }
  }

  send() {
    this.active.sign();
    for (const field of this.fields("active_ms")) field.value = String(Math.round(this.active.total));
  }

  /** Following a fragment takes the focus from what it names. @param {MouseEvent} event @param {string} hash */
  jump(event, hash) {
    const question = this.questions.find((one) => hash === hashOf(one));
    if (!question || this.stage === "finished") return;
    event.preventDefault();
    this.go(question, "start");
  }

  /** @param {EventTarget | null} target */
  follow(target) {
    const now = this.questions.find((one) => target instanceof Node && one.contains(target));
    if (!now || now === this.current) return;
    this.current = now;
    for (const link of this.links) {
      const here = link.hash === hashOf(now);
      if (here) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
      if (here) reach(link);
    }
  }

  /** The next question after this place without an answer. @param {number} place */
  open(place) {
    const without = (/** @type {Question} */ one) => !one.querySelector("input:checked");
    return this.questions.slice(place + 1).find(without) ?? this.questions.find(without);
  }

  /** @param {Question | undefined} question @param {ScrollLogicalPosition} [block] */
  go(question, block = "nearest") {
    const target = /** @type {HTMLElement | null | undefined} */ (question?.querySelector("input:checked") ?? question?.querySelector("input"));
    if (!question || !target) return;
    target.focus({ preventScroll: true });
    question.scrollIntoView({ block });
  }

  help() {
    const dialog = document.getElementById("keys");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || document.querySelector("dialog[open], details.menu[open]")) return;
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.repeat;
    if (sends && this.stage !== "finished") {
      event.preventDefault();
      return this.form.requestSubmit();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isText(event.target)) {
      if (event.key === "Escape") this.go(this.questions.at(event.target instanceof HTMLElement && event.target.id === "comment" ? -1 : 0));
      return;
    }
    if (this.pressed(event.key)) event.preventDefault();
  }

  /** @param {string} key @returns {boolean} whether it meant something */
  pressed(key) {
    if (key === "?") return did(this.help());
    if (this.stage === "finished") return false;
    const place = this.current ? this.questions.indexOf(this.current) : -1;
    const inside = this.current?.contains(document.activeElement) ?? false;
    if (key === "j" || (inside && key === "ArrowDown")) return did(this.go(this.questions[Math.min(place + 1, this.questions.length - 1)]));
    if (key === "k" || (inside && key === "ArrowUp")) return did(this.go(this.questions[Math.max(place - 1, 0)]));
    if (key === "n") return did(this.go(this.open(place)));
    if (key === "o") return did(this.go(this.questions.find((one) => one.dataset.kind === "outcome"), "start"));
    if (key === "c") return did(/** @type {HTMLElement | null} */ (this.form.querySelector("[data-writing]"))?.focus());
    // Who went away to read goes on reading: nothing is chosen where the keyboard is not.
    return inside && this.choose(this.questions[place], key);
  }

  /** Choose by key, and go on where an answer is missing still. @param {Question} question @param {string} key */
  choose(question, key) {
    const choices = /** @type {HTMLInputElement[]} */ ([...question.querySelectorAll("input[type=radio]")]);
    const wanted = byKey(question.dataset.kind ?? "", choices, key);
    if (!wanted || wanted.disabled) return false;
    wanted.checked = true;
    wanted.focus({ preventScroll: true });
    wanted.dispatchEvent(new Event("input", { bubbles: true }));
    const next = this.questions[this.questions.indexOf(question) + 1];
    if (next && !next.querySelector("input:checked")) this.go(next);
    return true;
  }
}

/** Where the list beside the conversation leads for a question. @param {Question} question */
function hashOf(question) {
  return question.dataset.kind === "outcome" ? "#decision" : `#${question.id}`;
}

/** Scroll the list, and nothing around it, so that this link is seen. @param {HTMLElement} link */
function reach(link) {
  const list = /** @type {HTMLElement} */ (link.closest(".question-list"));
  const [box, frame] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollTop += Math.min(0, box.top - frame.top) + Math.max(0, box.bottom - frame.bottom);
}

/** Ratings and steps go by value, comparisons and outcomes by place. @param {string} kind @param {HTMLInputElement[]} choices @param {string} key */
function byKey(kind, choices, key) {
  if (kind === "comparison" || kind === "outcome") return /^[1-9]$/.test(key) ? choices[Number(key) - 1] : undefined;
  if (kind === "rating" && /^[+=]$/.test(key)) return undefined;
  const wanted = Object.hasOwn(KEYED, key) ? KEYED[/** @type {keyof typeof KEYED} */ (key)] : key;
  return choices.find((one) => one.value === wanted);
}

/** @param {RadioNodeList | Element | null} choices */
function value(choices) {
  return choices instanceof RadioNodeList || choices instanceof HTMLInputElement ? choices.value : "";
}

/** @param {unknown} _result */
function did(_result) {
  return true;
}

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.sitting"));
if (form) new Sitting(form).begin();
