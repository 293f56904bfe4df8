/** The guidelines beside the work: a drawer, how many examples the current dimension has, what is new until it is confirmed. */
import { call } from "./api.js";
import { byId, h, nodesOf } from "./dom.js";
import { Drawer } from "./drawer.js";
import { dimensionOf } from "./questions.js";
import { say } from "./texts.js";

/** @typedef {import("./contract.js").Guideline} Guideline */

export class Guide {
  /** @param {import("./contract.js").Bench} bench */
  constructor(bench) {
    this.bench = bench;
    this.dialog = byId("guide-dialog", HTMLDialogElement);
    this.notice = byId("guide-notice");
    const { language = "en", guidelineSeen = "0" } = byId("workbench").dataset;
    this.language = language;
    this.seen = Number(guidelineSeen);
    /** @type {Map<number, Guideline | null>} null: there is no such version */
    this.known = new Map();
    this.version = 0;
    /** Made when it is first wanted. @type {Drawer | undefined} */
    this.drawer = undefined;
    byId("guide").addEventListener("click", () => this.open());
    byId("guide-read").addEventListener("click", () => this.open());
    for (const id of ["guide-confirm", "guide-confirm-here"]) byId(id).addEventListener("click", () => this.confirm());
  }

  /** A task came: fetch its version once, and say what is new until that is confirmed. @param {import("./contract.js").Assignment} assignment */
  async begin(assignment) {
    this.version = assignment.guideline_version;
    const found = await this.fetch();
    if (this.bench.assignment() !== assignment) return;
    this.point();
    const isNew = found !== null && this.version > this.seen;
    this.notice.hidden = byId("guide-foot").hidden = !isNew;
    byId("guide").classList.toggle("is-new", isNew);
    if (!isNew || !found) return;
    byId("guide-notice-title").textContent = say(this.seen ? "guide_changed" : "guide_first", { version: this.version });
    const [changes] = this.pick(found.changes);
    byId("guide-changes").replaceChildren(...(this.seen && changes ? nodesOf(changes) : []));
  }

  /** @returns {Promise<Guideline | null>} */
  async fetch() {
    const known = this.known.get(this.version);
    if (known !== undefined) return known;
    const version = this.version;
    try {
      const { data } = await call("GET", `projects/${this.bench.slug}/guidelines/${version}`);
      this.known.set(version, data);
    } catch (error) {
      if (/** @type {any} */ (error).status !== 404) return null;
      this.known.set(version, null);
    }
    return this.known.get(version) ?? null;
  }

  async confirm() {
    const version = this.version;
    try {
      await call("POST", `projects/${this.bench.slug}/guidelines/${version}/seen`, "{}");
    } catch {
      this.bench.announce(say("not_sent"));
      for (const id of ["guide-notice-title", "guide-confirm-said"]) byId(id).textContent = say("not_sent");
      return;
    }
    this.seen = Math.max(this.seen, version);
    this.notice.hidden = byId("guide-foot").hidden = true;
    this.dialog.close();
    byId("guide").classList.remove("is-new");
    /** @type {HTMLElement | null} */ (document.querySelector(".turn-head h2"))?.focus({ preventScroll: true });
  }

  /** A text in the person's language, else in another, and whether it is another. @template T @param {Record<string, T>} texts @returns {[T | undefined, boolean]} */
  pick(texts) {
    const own = texts[this.language];
    return own === undefined ? [texts.en ?? Object.values(texts)[0], true] : [own, false];
  }

  /** The examples of a dimension in the version at hand. @param {string | undefined} key */
  examples(key) {
    return this.known.get(this.version)?.examples.filter((one) => one.dimension === key) ?? [];
  }

  /** In the anchors' panel: how many examples the current dimension has. */
  point() {
    const panel = byId("panel");
    const number = this.examples(dimensionOf(this.bench.current())?.key).length;
    const old = panel.querySelector(".panel-examples");
    if (old?.getAttribute("data-number") === String(number)) return;
    old?.remove();
    if (!number) return;
    const button = h("button", { type: "button", class: "btn btn-small panel-examples", "data-number": number, onclick: () => this.open() },
      say(number === 1 ? "guide_example" : "guide_examples", { number }), h("kbd", {}, "g"));
    panel.insertBefore(button, panel.querySelector(".panel-keys"));
  }

  /** The drawer opens at once; what is in it follows. */
  async open() {
    if (!this.dialog.open) this.dialog.showModal();
    this.drawer ??= new Drawer(this.bench, (texts) => this.pick(texts));
    this.drawer.show(await this.fetch());
  }
}
