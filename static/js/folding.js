/**
 * Where one is in a long conversation: a strip of its turns, and turns folded to one line. Finished turns far
 * from the work fold by themselves, out of sight; what leads to a question opens its turn.
 */
import { h } from "./dom.js";
import { turnNumbers, WHOLE } from "./questions.js";
import { say } from "./texts.js";

/** @typedef {{ element: HTMLElement, group: string, name: string, chip: HTMLButtonElement, line: HTMLButtonElement, said: HTMLElement, kept: boolean }} Place */

const MANY = 6; // turns; only longer conversations fold by themselves
const HIDDEN = "onbeforematch" in document.documentElement ? "until-found" : ""; // the browser's search may open it
const NEAR = 1; // turns before and after the one in work stay open

export class Folding {
  /** @param {HTMLElement} root @param {import("./contract.js").Assignment} assignment @param {import("./screen.js").Screen} screen */
  constructor(root, assignment, screen) {
    this.root = root;
    this.screen = screen;
    this.leaving = new AbortController();
    const numbers = turnNumbers(assignment);
    this.total = Math.max(0, ...numbers.values());
    const sections = [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".turn"))];
    this.places = sections.map((element) => place(element, numbers.get(element.dataset.group ?? "") ?? null));
    /** @type {string | null} */
    this.group = null;
    /** @type {Map<string, number> | null} */
    this.numbers = null;
    this.later = 0;
    this.long = this.places.length > MANY;
    const strip = this.places.length > 2;
    root.classList.toggle("has-strip", strip);
    this.where = h("strong", { class: "strip-where" });
    this.all = h("button", { type: "button", class: "btn btn-ghost btn-small", hidden: !this.long });
    this.paintAll();
    this.count();
    this.sight = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "-25% 0px -74% 0px" });
    if (strip) this.build(numbers);
  }

  /** @param {Map<string, number>} numbers */
  build(numbers) {
    const { signal } = this.leaving;
    this.root.prepend(h("nav", { class: "strip", "aria-label": say("turns") }, this.where,
      h("ol", { class: "chips", role: "list" }, ...this.places.map(({ chip }) => h("li", {}, chip))), this.all));
    this.numbers = numbers;
    for (const one of this.places) {
      this.sight.observe(one.element);
      one.chip.addEventListener("click", () => this.go(one));
      one.line.addEventListener("click", () => this.toggle(one));
      for (const name of ["reveal", "beforematch"]) one.element.addEventListener(name, () => this.fold(one, false), { signal });
    }
    this.all.addEventListener("click", () => {
      const folded = this.places.filter((one) => isFolded(one));
      still(() => {
        for (const one of folded) this.fold(one, false, true);
        if (!folded.length) this.foldFar(true);
      });
      this.paintAll();
    });
    this.screen.answers.onChange(() => this.count());
    document.addEventListener("scrollend", () => this.settled(), { signal });
  }

  /** To a turn from the strip: to its first missing answer, else to its first question, else to its text. @param {Place} one */
  go(one) {
    const missing = this.screen.missing().find(({ group }) => group === one.group);
    const first = missing ?? this.screen.questions.find(({ group }) => group === one.group);
    this.fold(one, false, true);
    if (first) return this.screen.go(first.key, "chosen", true);
    one.element.querySelector("h2")?.focus({ preventScroll: true });
    one.element.scrollIntoView({ block: "start" });
  }

  /** @param {Place} one */
  toggle(one) {
    if (!isFolded(one) && one.group === this.group) return;
    this.fold(one, !isFolded(one), true);
    one.line.scrollIntoView({ block: "nearest" });
  }

  /** The work has come to this turn. @param {string} group */
  enter(group) {
    if (group === this.group || !this.numbers) return;
    this.group = group;
    for (const one of this.places) {
      const here = one.group === group;
      one.line.setAttribute("aria-disabled", String(here));
      if (here) one.chip.setAttribute("aria-current", "step");
      else one.chip.removeAttribute("aria-current");
      if (here) this.show(one.chip);
      if (here) this.fold(one, false);
    }
    // Once the page has come to rest where the work is, and before it is painted.
    window.cancelAnimationFrame(this.later);
    if (this.long) this.later = window.requestAnimationFrame(() => still(() => this.foldFar(false)));
    if (!this.where.textContent) this.say(this.places.find((one) => one.group === group));
  }

  /** Fold what is finished and far from the work; by itself only out of sight. @param {boolean} asked */
  foldFar(asked) {
    const at = this.places.findIndex((one) => one.group === this.group);
    const missing = this.missing();
    const far = this.places.filter((one, index) => one.group !== WHOLE && Math.abs(index - at) > NEAR && !missing.get(one.group) && (asked || (!one.kept && unseen(one.element))));
    for (const one of far) this.fold(one, true);
  }

  /** @param {Place} one @param {boolean} folded @param {boolean} [byHand] stays as the hand left it */
  fold(one, folded, byHand = false) {
    if (byHand) one.kept = !folded;
    if (isFolded(one) === folded || (folded && one.group === WHOLE)) return;
    one.element.classList.toggle("is-folded", folded);
    for (const part of one.element.children) {
      if (part.matches(".turn-head")) continue;
      if (folded) part.setAttribute("hidden", HIDDEN);
      else part.removeAttribute("hidden");
    }
    one.line.setAttribute("aria-expanded", String(!folded));
    this.paintAll();
    this.label(one, this.missing().get(one.group) ?? 0);
  }

  missing() {
    /** @type {Map<string, number>} */
    const found = new Map();
    for (const { group } of this.screen.missing()) found.set(group, (found.get(group) ?? 0) + 1);
    return found;
  }

  /** How much of every turn is answered: on its chip and its line. */
  count() {
    const missing = this.missing();
    for (const one of this.places) this.label(one, missing.get(one.group) ?? 0);
  }

  /** @param {Place} one @param {number} missing */
  label(one, missing) {
    const folded = isFolded(one);
    const shown = `${missing} ${folded}`;
    if (one.chip.dataset.shown === shown) return;
    one.chip.dataset.shown = shown;
    const asked = this.screen.questions.some((question) => question.required && question.group === one.group);
    const state = missing ? say("missing", { number: missing }) : say(asked ? "complete" : "nothing_asked");
    one.chip.dataset.state = missing ? "missing" : asked ? "complete" : "none";
    one.chip.setAttribute("aria-label", `${one.name}: ${state}`);
    one.chip.title = `${one.name}: ${state}`;
    one.said.textContent = state;
    one.said.className = `badge ${missing ? "badge-warn" : "badge-ok"}`;
    const first = one.line.querySelector(".turn-first")?.textContent ?? "";
    one.line.setAttribute("aria-label", folded ? `${say("open_turn", { turn: one.name })}: ${first} (${state})` : say("fold_turn", { turn: one.name }));
  }

  paintAll() {
    this.all.textContent = say(this.places.some((one) => isFolded(one)) ? "open_all" : "fold_finished");
  }

  /** @param {IntersectionObserverEntry[]} entries */
  seen(entries) {
    const entry = entries.find((one) => one.isIntersecting);
    if (entry) this.say(this.places.find((one) => one.element === entry.target));
  }

  /** A short last section never comes as far up as the line that `sight` watches: at the page's end it is the one that is read. */
  settled() {
    const isEnd = document.documentElement.scrollHeight - window.scrollY - window.innerHeight < 4;
    const line = window.innerHeight / 4;
    this.say(isEnd ? this.places.at(-1) : this.places.filter((one) => one.element.getBoundingClientRect().top <= line).at(-1) ?? this.places[0]);
  }

  /** @param {Place | undefined} one the turn that is being read */
  say(one) {
    if (!one) return;
    this.where.textContent = one.group === WHOLE ? one.name : say("turn_of", { number: this.numbers?.get(one.group) ?? 1, total: this.total });
    for (const other of this.places) {
      other.chip.classList.toggle("is-read", other === one);
      if (other.group === this.group) this.show(other.chip);
    }
  }

  /** Bring a chip into the strip, without moving the page. @param {HTMLElement} chip */
  show(chip) {
    const list = chip.closest("ol");
    const item = chip.parentElement;
    if (list && item && list.scrollWidth > list.clientWidth) list.scrollLeft = item.offsetLeft - list.clientWidth / 2;
  }

  close() {
    window.cancelAnimationFrame(this.later);
    this.leaving.abort();
    this.sight.disconnect();
    this.root.classList.remove("has-strip");
  }
}

/**
 * @param {HTMLElement} element
 * @param {number | null} number
 * @returns {Place}
 */
function place(element, number) {
  const follows = element.querySelector(".turn-head > span")?.textContent;
  const name = `${element.getAttribute("aria-label") ?? ""}${follows ? `, ${follows}` : ""}`;
  const group = element.dataset.group ?? "";
  const words = element.querySelector(".message-user > .part")?.textContent?.trim().replaceAll(/\s+/g, " ").slice(0, 160);
  const said = h("span", { class: "badge" });
  const line = h("button", { type: "button", class: "turn-line", "aria-expanded": "true" },
    h("span", { class: "turn-first" }, h("b", {}, `${say("user")}: `), h("bdi", {}, words ?? say("image"))), said);
  if (number !== null) element.querySelector(".turn-head")?.append(line);
  const chip = h("button", { type: "button", class: "chip" }, number === null ? say("whole_short") : number);
  return { element, group, name, chip, line, said, kept: false };
}

/** @param {Place} one */
const isFolded = (one) => one.element.classList.contains("is-folded");

/** @param {Element} element */
function unseen(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom < 0 || top > window.innerHeight;
}

/** Change the page without moving what is being read. @param {() => void} change */
function still(change) {
  const seen = document.elementsFromPoint(window.innerWidth / 3, window.innerHeight / 2).find((one) => one.closest(".turn"));
  const before = seen?.getBoundingClientRect().top ?? 0;
  change();
  const moved = (seen?.getBoundingClientRect().top ?? 0) - before;
  if (moved) window.scrollBy({ top: moved, behavior: "instant" });
}
