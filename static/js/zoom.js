/** Images large: one dialog for all images of the task, by mouse or keyboard. */
import { byId } from "./dom.js";
import { say } from "./texts.js";

const STEP = 1.25;

export class Zoom {
  /** @param {HTMLElement} work where the images are */
  constructor(work) {
    this.work = work;
    this.dialog = byId("zoom", HTMLDialogElement);
    this.image = byId("zoom-image", HTMLImageElement);
    this.stage = byId("zoom-stage");
    this.at = 0;
    /** @type {HTMLImageElement[]} */
    this.images = [];
    work.addEventListener("click", (event) => {
      const image = /** @type {Element} */ (event.target).closest(".picture-open")?.querySelector("img");
      if (image) this.show(image);
    });
    this.dialog.addEventListener("click", (event) => this.command(/** @type {Element} */ (event.target).closest("[data-zoom]")?.getAttribute("data-zoom") ?? ""));
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.image.addEventListener("dblclick", () => this.command(this.stage.classList.contains("is-fit") ? "full" : "fit"));
  }

  /** @param {HTMLImageElement} image */
  show(image) {
    this.images = [...this.work.querySelectorAll("img")];
    this.at = this.images.indexOf(image);
    this.dialog.showModal();
    this.paint();
    this.stage.focus();
  }

  paint() {
    const source = this.images[this.at];
    this.image.src = source.currentSrc || source.src;
    this.image.alt = source.alt;
    this.fit();
    byId("zoom-caption").textContent = source.alt;
    byId("zoom-count").textContent = say("image_of", { number: this.at + 1, total: this.images.length });
  }

  /** @param {string} name */
  command(name) {
    if (name === "next" || name === "previous") {
      this.at = (this.at + (name === "next" ? 1 : -1) + this.images.length) % this.images.length;
      this.paint();
    }
    if (name === "in") this.scale(STEP);
    if (name === "out") this.scale(1 / STEP);
    if (name === "full") this.widen(this.image.naturalWidth);
    if (name === "fit") this.fit();
    if (name === "close") this.dialog.close();
  }

  /** As large as the window allows. */
  fit() {
    this.image.style.width = "";
    this.stage.classList.add("is-fit");
  }

  /** @param {number} width pixels */
  widen(width) {
    this.stage.classList.remove("is-fit");
    this.image.style.width = `${Math.round(width)}px`;
  }

  /** Scale about the middle of what is seen. @param {number} factor */
  scale(factor) {
    const middle = (this.stage.scrollTop + this.stage.clientHeight / 2) / Math.max(1, this.stage.scrollHeight);
    const across = (this.stage.scrollLeft + this.stage.clientWidth / 2) / Math.max(1, this.stage.scrollWidth);
    const width = Math.min(this.image.naturalWidth * 8, Math.max(48, this.image.clientWidth * factor));
    this.widen(width);
    this.stage.scrollTop = middle * this.stage.scrollHeight - this.stage.clientHeight / 2;
    this.stage.scrollLeft = across * this.stage.scrollWidth - this.stage.clientWidth / 2;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const scrolls = this.stage.scrollWidth > this.stage.clientWidth;
    const names = /** @type {Record<string, string>} */ ({ "+": "in", "=": "in", "-": "out", "0": "fit", "1": "full", i: "close" });
    if (!scrolls) Object.assign(names, { ArrowLeft: "previous", ArrowRight: "next" });
    Object.assign(names, { PageUp: "previous", PageDown: "next" });
    if (!names[event.key]) return;
    event.preventDefault();
    this.command(names[event.key]);
  }
}
