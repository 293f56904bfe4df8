/** Beside the work: flag a problem (f), ask the lead (q) and read the answer, guidelines (g). */
import { call, Refused } from "./api.js";
import { Asking } from "./asking.js";
import { byId } from "./dom.js";
import { Guide } from "./guide.js";
import { say } from "./texts.js";

/**
 * @typedef {import("./contract.js").Assignment} Assignment
 * @typedef {import("./contract.js").Bench} Bench
 */

const POLL_MS = 60_000;

export class Talk {
  /** @param {Bench} bench */
  constructor(bench) {
    this.bench = bench;
    this.guide = new Guide(bench);
    this.problem = byId("problem-dialog", HTMLDialogElement);
    this.asking = byId("ask-dialog", HTMLDialogElement);
    this.polled = 0;
    this.threads = new Asking(bench, (unseen) => this.count(unseen));
    byId("flag").addEventListener("click", () => this.flag());
    byId("ask").addEventListener("click", () => this.ask());
    this.form("problem-form", () => this.sendProblem());
    this.form("ask-form", () => this.threads.send());
    window.setInterval(() => this.poll(), POLL_MS);
    document.addEventListener("visibilitychange", () => { if (Date.now() - this.polled > POLL_MS) this.poll(); });
  }

  /** The keys that the screen leaves to us; f is for a task alone. @returns {Record<string, () => void>} */
  get keys() {
    return { f: () => this.flag(), q: () => this.ask(), g: () => this.guide.open() };
  }

  /** A form whose sending may fail: then it says why and keeps what was typed. @param {string} id @param {() => Promise<void>} send */
  form(id, send) {
    const form = byId(id, HTMLFormElement);
    const trouble = /** @type {HTMLElement} */ (form.querySelector("[role=alert]"));
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.disabled) return;
      button.disabled = true;
      trouble.hidden = true;
      try {
        await send();
      } catch (error) {
        trouble.textContent = error instanceof Refused ? (error.loggedOut ? say("logged_out") : error.message) : say("not_sent");
        trouble.hidden = false;
      } finally {
        button.disabled = false;
      }
    });
  }

  /** A task came: look for answers, and whether the guidelines are new. @param {Assignment} assignment */
  begin(assignment) {
    byId("flag").classList.remove("is-done");
    this.poll();
    void this.guide.begin(assignment);
  }

  poll() {
    if (document.hidden) return;
    this.polled = Date.now();
    call("GET", `projects/${this.bench.slug}/inquiries/unseen`).then(({ data }) => this.count(data.unseen), () => undefined);
  }

  /** @param {number} unseen */
  count(unseen) {
    const badge = byId("ask-count");
    if (unseen && badge.textContent !== String(unseen)) this.bench.announce(say("ask_unseen", { number: unseen }));
    badge.textContent = unseen ? String(unseen) : "";
    byId("ask").setAttribute("aria-label", unseen ? `${say("ask_title")}. ${say("ask_unseen", { number: unseen })}` : say("ask_title"));
  }

  flag() {
    if (!this.bench.assignment()) return;
    byId("problem-form", HTMLFormElement).reset();
    this.problem.showModal();
  }

  async sendProblem() {
    const assignment = this.bench.assignment();
    const form = new FormData(byId("problem-form", HTMLFormElement));
    if (!assignment) return;
    const kind = String(form.get("kind"));
    const text = String(form.get("words"));
    await call("POST", `assignments/${assignment.id}/problem`, JSON.stringify({ kind, text }));
    this.problem.close();
    byId("flag").classList.add("is-done");
    this.bench.announce(say("flagged"));
    if (form.get("skip")) await this.bench.giveBack(`problem: ${[kind, text].filter(Boolean).join(": ")}`);
  }

  /** The dialog opens at once, so that what is typed is text; what is in it follows. */
  ask() {
    if (!this.asking.open) this.asking.showModal();
    byId("ask-text").focus();
    this.threads.open();
  }
}
