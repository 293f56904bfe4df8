/** The guidelines in their drawer, with the worked examples of the current dimension first. */
import { byId, h, nodesOf } from "./dom.js";
import { dimensionOf } from "./questions.js";
import { say, signed, textsOf } from "./texts.js";

/**
 * @typedef {import("./contract.js").Guideline} Guideline
 * @typedef {import("./contract.js").WorkedExample} WorkedExample
 */

export class Drawer {
  /** @param {import("./contract.js").Bench} bench @param {<T>(texts: Record<string, T>) => [T | undefined, boolean]} pick */
  constructor(bench, pick) {
    this.bench = bench;
    this.pick = pick;
    this.body = byId("guide-body");
    byId("guide-filter").addEventListener("input", () => this.filter());
  }

  /** @param {Guideline | null} found */
  show(found) {
    byId("guide-title").textContent = found ? say("guide_title", { version: found.version }) : say("guide");
    byId("guide-filter", HTMLInputElement).value = "";
    this.body.replaceChildren(...(found ? this.render(found) : [h("p", { class: "muted" }, say("guide_none"))]));
    this.body.scrollTop = 0;
    this.filter();
  }

  /** @param {Guideline} found */
  render(found) {
    const current = dimensionOf(this.bench.current())?.key;
    const [text, other] = this.pick(found.texts);
    const mine = found.examples.filter((one) => one.dimension === current);
    const others = found.examples.filter((one) => one.dimension !== current);
    return [
      other ? h("p", { class: "callout" }, say("guide_other_language")) : null,
      ...(mine.length ? [h("h3", {}, say("guide_here", { name: this.nameOf(current) })), ...mine.map((one) => this.example(one))] : []),
      h("div", { class: "prose", "data-filtered": true }, ...nodesOf(text ?? "")),
      ...(others.length ? [h("h3", {}, say("guide_rest")), ...others.map((one) => this.example(one))] : []),
    ].filter((one) => one !== null);
  }

  /** @param {WorkedExample} one */
  example(one) {
    const [texts] = this.pick(one.texts);
    return h("article", { class: "guide-example" }, h("p", { class: "guide-value" }, h("span", { class: "anchor-mark" }, signed(one.value)), " ", this.nameOf(one.dimension)),
      h("div", { class: "prose" }, ...nodesOf(texts?.case ?? "")), h("div", { class: "prose guide-why" }, ...nodesOf(texts?.why ?? "")));
  }

  /** @param {string | undefined} key */
  nameOf(key) {
    const found = this.bench.assignment()?.rubric.dimensions.find((one) => one.key === key);
    return found ? `${found.code} ${textsOf(found).name}` : key ?? "";
  }

  /** Leave what holds the words; a heading stays with what stands below it. */
  filter() {
    const wanted = byId("guide-filter", HTMLInputElement).value.trim().toLowerCase();
    const blocks = /** @type {HTMLElement[]} */ ([...this.body.querySelectorAll(":scope > *:not([data-filtered]), [data-filtered] > *")]);
    /** @type {HTMLElement | null} */
    let heading = null;
    let shown = 0;
    for (const block of blocks) {
      const hit = !wanted || (block.textContent ?? "").toLowerCase().includes(wanted);
      block.hidden = !hit;
      if (/^H\d$/.test(block.tagName)) heading = block;
      else if (hit && heading) heading.hidden = false;
      if (hit) shown += 1;
    }
    byId("guide-none").hidden = shown > 0;
  }
}
