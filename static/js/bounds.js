/**
 * Messages of more than about three screens are cut, with all of it at hand: by the button, by Tab and by the
 * browser's search. Candidates of one turn open together, so that their rows stay side by side.
 */
import { h } from "./dom.js";
import { say } from "./texts.js";

const WORDS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu;

export class Bounds {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    this.watcher = new ResizeObserver((entries) => {
      // All are measured before any is changed: a change between two measurements would lay the page out anew.
      const closed = entries.map(({ target }) => /** @type {HTMLElement} */ (target)).filter((one) => !one.classList.contains("is-open"));
      const found = closed.map((message) => ({ message, over: message.scrollHeight - message.clientHeight }));
      const limit = window.innerHeight / 2;
      for (const { message, over } of found) cut(message, over, limit);
    });
    this.watch(root);
    root.addEventListener("click", ({ target }) => {
      const button = /** @type {Element} */ (target).closest(".cut > button");
      const message = button?.closest(".message");
      if (!message) return;
      const open = button?.getAttribute("aria-expanded") === "true";
      setOpen(message, !open);
      if (open) message.scrollIntoView({ block: "nearest" });
      else /** @type {HTMLElement} */ (message).focus({ preventScroll: true });
    }, { signal });
    // The browser's search and Tab scroll inside what is cut: then all of it is wanted.
    root.addEventListener("scroll", ({ target }) => {
      if (!(target instanceof Element) || !target.matches(".message") || !target.scrollTop) return;
      const by = target.scrollTop;
      setOpen(target, true);
      target.scrollTop = 0;
      window.scrollBy({ top: by, behavior: "instant" });
    }, { capture: true, signal });
  }

  /** @param {HTMLElement} place */
  watch(place) {
    for (const message of place.querySelectorAll(".message")) this.watcher.observe(message);
  }

  close() {
    this.leaving.abort();
    this.watcher.disconnect();
  }
}

/**
 * @param {HTMLElement} message
 * @param {number} over how many pixels of it do not show
 * @param {number} limit what is not worth a button: then all of it is shown
 */
function cut(message, over, limit) {
  const button = message.querySelector(":scope > .cut");
  if (over < 2) button?.remove();
  else if (!button && over < limit) message.classList.add("is-open");
  else if (!button) {
    const number = (message.textContent?.match(WORDS) ?? []).length.toLocaleString(document.documentElement.lang);
    message.tabIndex = -1;
    message.append(h("div", { class: "cut" }, h("button", { type: "button", class: "btn btn-small", "aria-expanded": "false",
      "data-more": say("show_all", { number }) }, say("show_all", { number }))));
  }
}

/** @param {Element} message @param {boolean} open */
function setOpen(message, open) {
  const together = message.closest(".path-turn") ? null : message.closest(".candidates");
  for (const one of together?.querySelectorAll(".message") ?? [message]) {
    one.classList.toggle("is-open", open);
    const button = one.querySelector(".cut > button");
    button?.setAttribute("aria-expanded", String(open));
    button?.replaceChildren(open ? say("show_less") : button.getAttribute("data-more") ?? "");
  }
}
