/**
 * Content warnings: what the task warns of, and its images covered until they are asked for. Nothing of a covered
 * image is loaded: where it lies waits in `data-src`.
 */
import { h } from "./dom.js";
import { say } from "./texts.js";

/** What was uncovered, by assignment: as long as this page lives. @type {Map<string, Set<string>>} */
const uncovered = new Map();
const ALL = "all";

export class Covers {
  /** @param {HTMLElement} root @param {import("./contract.js").Assignment} assignment @param {(text: string) => void} announce */
  constructor(root, { id, content_warnings: warnings }, announce) {
    this.root = root;
    this.announce = announce;
    this.leaving = new AbortController();
    this.shown = uncovered.get(id) ?? new Set();
    uncovered.set(id, this.shown);
    if (!warnings.length) return;
    const { signal } = this.leaving;
    this.button = h("button", { type: "button", class: "btn btn-small" }, say("uncover_all"), h("kbd", {}, "w"));
    this.button.addEventListener("click", () => this.showAll());
    root.prepend(h("section", { class: "flash flash-warning content-warning", "aria-label": say("content_warning") },
      h("p", {}, h("strong", {}, `${say("content_warning")}: `), h("span", { dir: "auto" }, warnings.join(", ")), ". ", say("covered_hint")), this.button));
    // Before the zoom sees the click.
    root.addEventListener("click", (event) => {
      const cover = /** @type {Element} */ (event.target).closest(".is-covered");
      if (!cover) return;
      event.stopPropagation();
      this.show(cover);
    }, { capture: true, signal });
    root.addEventListener("uncover", (event) => this.show(/** @type {Element} */ (event.target)), { signal });
    root.addEventListener("uncover-all", () => this.showAll(), { signal });
    this.cover(root);
  }

  /** @param {Element} place */
  cover(place) {
    if (!this.button) return;
    for (const open of place.querySelectorAll(".picture-open")) {
      if (this.shown.has(ALL) || this.shown.has(nameOf(open))) continue;
      const image = open.querySelector("img");
      if (image) image.dataset.src = nameOf(open); // before the browser has had time to look: it is lazy
      image?.removeAttribute("src");
      open.classList.add("is-covered");
      open.setAttribute("data-label", open.getAttribute("aria-label") ?? "");
      open.setAttribute("aria-label", say("covered"));
      open.append(h("span", { class: "cover", "aria-hidden": "true" }, say("cover_show")));
    }
    this.button.hidden = this.shown.has(ALL);
  }

  /** Uncover an image wherever it stands. @param {Element} one the image or what is around it */
  show(one) {
    const name = nameOf(one.closest(".picture-open") ?? one);
    this.shown.add(name);
    this.uncover((open) => nameOf(open) === name);
  }

  showAll() {
    if (!this.button || this.shown.has(ALL)) return;
    this.shown.add(ALL);
    this.uncover(() => true);
    const held = document.activeElement === this.button;
    this.button.hidden = true;
    if (held) this.root.querySelector("h2")?.focus({ preventScroll: true });
    this.announce(say("uncovered_all"));
  }

  /** @param {(open: Element) => boolean} wanted */
  uncover(wanted) {
    for (const open of this.root.querySelectorAll(".is-covered")) {
      if (!wanted(open)) continue;
      const image = open.querySelector("img");
      if (image) image.src = nameOf(open);
      open.classList.remove("is-covered");
      open.setAttribute("aria-label", open.getAttribute("data-label") ?? "");
      open.querySelector(".cover")?.remove();
    }
  }

  close() {
    this.leaving.abort();
  }
}

/** @param {Element} open */
const nameOf = (open) => sourceOf(open.querySelector("img"));

/** Where an image lies, loaded or not. @param {Element | null} image */
export const sourceOf = (image) => image?.getAttribute("src") ?? image?.getAttribute("data-src") ?? "";
