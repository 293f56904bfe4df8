/** The dialog of images: one of them large, or two side by side that zoom and move in step. */
import { sourceOf } from "./covers.js";
import { byId, h } from "./dom.js";
import { Pane } from "./pane.js";
import { say } from "./texts.js";

/** @typedef {{ image: HTMLImageElement, group: string, who: string, place: number, name: string }} Entry */

const STEP = 1.25;
const KEYS = /** @type {Record<string, string>} */ ({ "+": "in", "=": "in", "-": "out", "0": "fit", "1": "full", i: "close", v: "compare", w: "uncover",
  PageUp: "previous", PageDown: "next" });
const MOVES = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

export class Viewer {
  /** @param {HTMLElement} work where the images are */
  constructor(work) {
    this.work = work;
    this.dialog = byId("zoom", HTMLDialogElement);
    this.sides = [0, 1].map((index) => new Side(this.dialog, index));
    /** @type {Entry[]} */
    this.entries = [];
    /** @type {import("./pane.js").View} */
    this.view = { zoom: 1, x: 0.5, y: 0.5 };
    /** @type {Map<number, PointerEvent>} */
    this.fingers = new Map();
    this.active = 0;
    this.dialog.addEventListener("click", (event) => this.command(/** @type {Element} */ (event.target).closest("[data-zoom]")?.getAttribute("data-zoom") ?? ""));
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.paint()).observe(this.dialog);
    for (const side of this.sides) this.listen(side);
  }

  /** @param {Side} side */
  listen(side) {
    const { stage, image, select, cover } = side;
    select.addEventListener("change", () => this.choose(side, Number(select.value)));
    cover.addEventListener("click", () => {
      this.entries[side.at].image.dispatchEvent(new Event("uncover", { bubbles: true }));
      this.refresh();
      stage.focus();
    });
    image.addEventListener("load", () => this.paint());
    stage.addEventListener("focus", () => { this.active = side.index; });
    stage.addEventListener("dblclick", (event) => this.scale(side, this.view.zoom > 1.01 ? 0 : Math.max(2, side.pane.full), event));
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.scale(side, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.002)), event);
    }, { passive: false });
    stage.addEventListener("pointerdown", (event) => {
      if (event.button || event.target === cover) return;
      stage.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, event);
    });
    stage.addEventListener("pointermove", (event) => this.drag(side, event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => this.fingers.delete(/** @type {PointerEvent} */ (event).pointerId));
  }

  get compares() {
    return this.dialog.classList.contains("is-comparing");
  }

  /** @param {HTMLImageElement} image */
  open(image) {
    this.entries = entriesOf(this.work);
    const at = this.entries.findIndex((one) => one.image === image);
    const first = at < 0 ? this.entries.findIndex((one) => sourceOf(one.image) === sourceOf(image)) : at;
    if (first < 0) return;
    this.fingers.clear();
    for (const side of this.sides) side.offer(this.entries);
    byId("zoom-compare").hidden = this.entries.length < 2;
    this.compare(false);
    this.dialog.showModal();
    this.choose(this.sides[0], first);
    this.reset();
    this.sides[0].stage.focus();
  }

  /** @param {Side} side @param {number} at */
  choose(side, at) {
    side.show(this.entries, at);
    byId("zoom-count").textContent = say("image_of", { number: this.sides[0].at + 1, total: this.entries.length });
    this.paint();
  }

  refresh() {
    for (const side of this.compares ? this.sides : [this.sides[0]]) this.choose(side, side.at);
  }

  /** @param {boolean} on */
  compare(on) {
    this.dialog.classList.toggle("is-comparing", on);
    byId("zoom-compare").setAttribute("aria-pressed", String(on));
    this.sides[1].element.hidden = !on;
    this.active = 0;
    if (on) this.choose(this.sides[1], counterpart(this.entries, this.sides[0].at));
  }

  reset() {
    this.view = { zoom: 1, x: 0.5, y: 0.5 };
    this.paint();
  }

  paint() {
    if (!this.dialog.open) return;
    for (const { pane, stage } of this.sides) {
      pane.paint(this.view);
      stage.classList.toggle("is-large", pane.overflows(this.view));
    }
  }

  /** @param {Side} side @param {number} factor 0: back to fit @param {{ clientX: number, clientY: number }} [point] the middle, where it is left out */
  scale(side, factor, point) {
    if (!factor) return this.reset();
    const box = side.stage.getBoundingClientRect();
    this.view = side.pane.zoomed(this.view, factor, point?.clientX ?? box.left + box.width / 2, point?.clientY ?? box.top + box.height / 2);
    this.paint();
  }

  /** One finger moves, two also zoom. @param {Side} side @param {PointerEvent} event */
  drag(side, event) {
    const last = this.fingers.get(event.pointerId);
    if (!last) return;
    const other = [...this.fingers.values()].find((one) => one.pointerId !== event.pointerId);
    this.fingers.set(event.pointerId, event);
    const share = other ? 2 : 1;
    this.view = side.pane.panned(this.view, (last.clientX - event.clientX) / share, (last.clientY - event.clientY) / share);
    if (other) {
      const middle = { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 };
      this.scale(side, apart(event, other) / Math.max(1, apart(last, other)), middle);
    } else this.paint();
  }

  /** @param {string} name */
  command(name) {
    const side = this.sides[this.compares ? this.active : 0];
    switch (name) {
      case "next": case "previous": return this.choose(side, (side.at + (name === "next" ? 1 : -1) + this.entries.length) % this.entries.length);
      case "in": case "out": return this.scale(side, name === "in" ? STEP : 1 / STEP);
      case "full": return this.scale(side, side.pane.full / this.view.zoom);
      case "fit": return this.reset();
      case "compare":
        if (this.entries.length < 2) return;
        this.compare(!this.compares);
        return this.paint();
      case "uncover":
        this.work.dispatchEvent(new Event("uncover-all"));
        return this.refresh();
      case "close": return this.dialog.close();
      default:
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = this.compares ? [this.sides[this.active], this.sides[1 - this.active]] : [this.sides[0]];
    const side = shown.find(({ pane }) => pane.overflows(this.view));
    const move = MOVES[event.key];
    const name = KEYS[event.key] ?? (move && !side && !move[1] ? (move[0] > 0 ? "next" : "previous") : "");
    if (!name && !move) return;
    event.preventDefault();
    if (name || !side) return this.command(name);
    this.view = side.pane.panned(this.view, move[0] * side.stage.clientWidth / 8, move[1] * side.stage.clientHeight / 8);
    this.paint();
  }
}

/** One half of the dialog. */
class Side {
  /** @param {HTMLElement} dialog @param {number} index */
  constructor(dialog, index) {
    this.index = index;
    this.at = 0;
    this.element = /** @type {HTMLElement} */ (dialog.querySelectorAll(".zoom-side")[index]);
    this.stage = /** @type {HTMLElement} */ (this.element.querySelector(".zoom-stage"));
    this.image = /** @type {HTMLImageElement} */ (this.element.querySelector("img"));
    this.select = h("select");
    this.element.querySelector("label")?.append(this.select);
    this.caption = /** @type {HTMLElement} */ (this.element.querySelector(".zoom-caption"));
    this.cover = h("button", { type: "button", class: "btn zoom-cover", hidden: true }, say("covered"));
    this.stage.append(this.cover);
    this.pane = new Pane(this.stage, this.image);
  }

  /** @param {Entry[]} entries */
  offer(entries) {
    this.select.replaceChildren(...entries.map(({ name }, index) => h("option", { value: index }, name)));
  }

  /** @param {Entry[]} entries @param {number} at */
  show(entries, at) {
    const { image, name } = entries[this.at = at];
    const covered = image.closest(".is-covered") !== null;
    this.select.value = String(at);
    for (const name of ["width", "height"]) this.image.setAttribute(name, image.getAttribute(name) ?? "");
    if (covered) this.image.removeAttribute("src");
    else this.image.src = sourceOf(image);
    this.image.alt = covered ? say("covered") : image.alt;
    this.image.classList.toggle("is-hidden", covered);
    this.cover.hidden = !covered;
    this.caption.textContent = image.alt;
    this.stage.setAttribute("aria-label", name);
  }
}

/** @param {HTMLElement} work @returns {Entry[]} every image of the conversation, in its order and once per place */
function entriesOf(work) {
  const images = [.../** @type {NodeListOf<HTMLImageElement>} */ (work.querySelectorAll(":is(.turn:not(.turn-whole), .practice-turn) .picture-open img"))];
  /** @type {Map<string, number>} */
  const counts = new Map();
  return images.map((image) => {
    const turn = /** @type {HTMLElement | null} */ (image.closest(".turn, .practice-turn"));
    const group = turn?.dataset.group ?? "";
    const letter = image.closest(".candidate")?.querySelector(".letter")?.textContent;
    const card = image.closest(".practice-card")?.querySelector("h4")?.textContent;
    const who = card ?? (letter ? say("answer", { letter }) : say("user"));
    const place = (counts.get(`${group} ${who}`) ?? 0) + 1;
    counts.set(`${group} ${who}`, place);
    return { image, group, who, place, name: `${turn?.getAttribute("aria-label") ?? ""} · ${who} · ${say("image_number", { number: place })}` };
  });
}

/** The image at the same place of the next candidate that has one there, else the next image. @param {Entry[]} entries @param {number} at */
function counterpart(entries, at) {
  const { group, who, place } = entries[at];
  const order = [...entries.keys()].slice(at + 1).concat([...entries.keys()].slice(0, at));
  const user = say("user");
  return order.find((index) => entries[index].group === group && entries[index].who !== who && entries[index].who !== user && entries[index].place === place) ?? order[0];
}

/** @param {PointerEvent} one @param {PointerEvent} other */
const apart = (one, other) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
