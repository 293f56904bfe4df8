/** The annotation screen: claim, show, submit or skip, and on to the next without loading a page. */
import { ActiveTime } from "./activity.js";
import { Answers } from "./answers.js";
import { call, Refused, Unreachable } from "./api.js";
import { byId } from "./dom.js";
import { DraftKeeper } from "./draft.js";
import { listenToKeys } from "./keys.js";
import { showPanel } from "./panel.js";
import { lettersOf, turnNumbers, WHOLE } from "./questions.js";
import { Screen } from "./screen.js";
import { Sender } from "./sending.js";
import { announce, showBusy, showCount, showSaved, showTrouble } from "./status.js";
import { say, useTexts } from "./texts.js";
import { Zoom } from "./zoom.js";

/** @typedef {import("./contract.js").Assignment} Assignment */

const KEEP_ALIVE_MS = 5 * 60_000;

class Workbench {
  constructor() {
    this.shell = byId("workbench");
    const { slug = "", person = "", texts = "{}", language = "en", done = "0" } = this.shell.dataset;
    useTexts(JSON.parse(texts), language);
    this.slug = slug;
    this.person = person;
    this.done = Number(done);
    this.work = byId("work");
    this.clock = new ActiveTime();
    this.zoom = new Zoom(this.work);
    /** @type {Screen | null} */
    this.screen = null;
    /** @type {DraftKeeper | null} */
    this.keeper = null;
    /** @type {Sender | null} */
    this.sender = null;
    /** @type {Assignment | null} */
    this.assignment = null;
    /** @type {Promise<Assignment | null> | null} */
    this.prefetched = null;
    /** @type {string | null} */
    this.last = null;
    this.busy = false;
    /** @type {number | undefined} */
    this.lookAgain = undefined;
    this.listen();
  }

  listen() {
    const skip = byId("skip-dialog", HTMLDialogElement);
    byId("submit").addEventListener("click", () => this.submit());
    byId("missing").addEventListener("click", () => this.screen?.toMissing(1));
    byId("skip").addEventListener("click", () => this.askSkip());
    byId("help").addEventListener("click", () => byId("keys", HTMLDialogElement).showModal());
    byId("back").addEventListener("click", () => this.back());
    for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog")?.close());
    byId("skip-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      skip.close();
      this.skip();
    });
    this.work.addEventListener("click", (event) => {
      if (/** @type {Element} */ (event.target).closest("[data-look-again]")) this.next();
    });
    listenToKeys(() => (this.busy ? null : this.screen), { submit: () => this.submit(), skip: () => this.askSkip(),
      help: () => byId("keys", HTMLDialogElement).showModal(), back: () => this.back(), zoom: () => this.zoomHere() });
    window.addEventListener("pagehide", () => this.keeper?.farewell());
    document.addEventListener("visibilitychange", () => { if (document.hidden) void this.keeper?.save(); });
    window.setInterval(() => this.keepAlive(), KEEP_ALIVE_MS);
  }

  /** Whoever reads for long without answering is at work too: reading the assignment renews its lease. */
  keepAlive() {
    if (!this.assignment || Date.now() - this.clock.last > KEEP_ALIVE_MS) return;
    call("GET", `assignments/${this.assignment.id}`).catch(() => undefined);
  }

  /** Show what comes next: the prefetched task, or a new claim. */
  async next() {
    window.clearTimeout(this.lookAgain);
    this.setBusy(true);
    try {
      const ready = await this.takePrefetched();
      if (ready) return this.show(ready);
      const answer = await call("POST", `projects/${this.slug}/claim`, "{}");
      if (answer.status === 204) this.rest(answer.headers.get("Queue-State") ?? "done", Number(answer.headers.get("Retry-After")) || 300);
      else this.show(answer.data);
    } catch (error) {
      this.cannotClaim(error);
    } finally {
      this.setBusy(false);
    }
  }

  /** @returns {Promise<Assignment | null>} */
  async takePrefetched() {
    const found = await this.prefetched;
    this.prefetched = null;
    if (!found) return null;
    if (Date.parse(found.lease.expires_at) > Date.now() + 60_000) return found;
    const { data } = await call("GET", `assignments/${found.id}`);
    return data.status === "active" ? data : null;
  }

  /** Ask for the task after this one, and for its images, before they are needed. */
  prefetch() {
    if (this.prefetched || !this.assignment) return;
    this.prefetched = call("POST", `projects/${this.slug}/claim`, JSON.stringify({ after: this.assignment.id }))
      .then(({ status, data }) => (status === 204 ? null : data), () => null)
      .then((found) => {
        const parts = found ? found.turns.flatMap((/** @type {any} */ turn) => [turn, ...turn.candidates]).flatMap((/** @type {any} */ one) => one.content) : [];
        for (const part of parts) if (part.url) new Image().src = part.url;
        return found;
      });
  }

  /** @param {Assignment} assignment */
  show(assignment) {
    this.leave();
    this.assignment = assignment;
    const answers = new Answers(assignment.pairs);
    const stored = answers.read(assignment.draft.body ?? {});
    for (const [key, value] of stored) answers.put(key, value);
    answers.acknowledge(stored);
    const numbers = turnNumbers(assignment);
    const letters = lettersOf(assignment);
    this.keeper = new DraftKeeper({ person: this.person, assignment, answers, held: () => this.screen?.held() ?? null,
      onState: (state) => this.showState(state), onLost: (error) => this.lost(error) });
    this.sender = new Sender(this.keeper, this.clock);
    this.screen = new Screen(this.work, assignment, answers, {
      announce,
      onCurrent: (question) => showPanel(byId("panel"), question, answers.get(question.key), assignment.rubric, where(question, numbers, letters)),
      onCount: (answered, required) => {
        showCount(answered, required);
        if (answered * 2 >= required) this.prefetch();
      },
    });
    this.setState("working");
    this.clock.restart();
    showSaved("saved");
    showTrouble([]);
    window.scrollTo(0, 0);
    /** @type {HTMLElement | null} */ (this.work.querySelector(".turn-head h2"))?.focus({ preventScroll: true });
    void this.keeper.recover();
  }

  leave() {
    this.screen?.close();
    this.keeper?.close();
    this.screen = this.keeper = this.sender = this.assignment = null;
  }

  /** No task now: say why, and look again later by itself. @param {string} state @param {number} seconds */
  rest(state, seconds) {
    this.leave();
    const template = document.getElementById(`state-${state}`) ?? byId("state-done");
    this.work.replaceChildren(/** @type {HTMLTemplateElement} */ (template).content.cloneNode(true));
    this.setState(state);
    this.lookAgain = window.setTimeout(() => this.next(), seconds * 1000);
    announce(this.work.querySelector("h2")?.textContent ?? "");
  }

  /** @param {unknown} error */
  cannotClaim(error) {
    if (error instanceof Refused && error.loggedOut) return this.showState("logged-out");
    if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    this.rest("unreachable", error instanceof Refused && error.status === 503 ? 1 : 15);
  }

  /** @param {import("./draft.js").SaveState} state */
  showState(state) {
    showSaved(state);
    if (state === "logged-out") showTrouble([say("logged_out")], { href: this.shell.dataset.login ?? "/", label: say("log_in") });
    else if (state === "saved") showTrouble([]);
  }

  async submit() {
    const { screen, sender, keeper, assignment } = this;
    if (!screen || !sender || !keeper || !assignment || this.busy) return;
    if (screen.missing().length) {
      announce(say("missing", { number: screen.missing().length }));
      return screen.toMissing(1);
    }
    this.setBusy(true);
    window.clearTimeout(keeper.timer);
    try {
      await sender.submit();
      this.last = assignment.id;
      await this.finished(1);
    } catch (error) {
      this.setBusy(false);
      this.refused(error);
    }
  }

  /** The task is over; count it and go on. @param {number} counted */
  async finished(counted) {
    await this.keeper?.forget();
    this.done += counted;
    byId("done").textContent = String(this.done);
    byId("back", HTMLButtonElement).hidden = this.last === null;
    await this.next();
    if (this.screen) announce(say(counted ? "submitted" : "skipped"));
  }

  /** @param {unknown} error */
  refused(error) {
    if (error instanceof Unreachable) return showTrouble([say("unreachable")]);
    if (!(error instanceof Refused)) throw error;
    if (error.loggedOut) return this.showState("logged-out");
    if (["lease_taken", "already_submitted", "skipped"].includes(error.code)) return this.lost(error);
    const elsewhere = this.screen?.showProblems(error.problems, this.sender?.places ?? new Map()) ?? error.problems;
    showTrouble(error.problems.length ? elsewhere.map((one) => one.detail) : [say("server_error")]);
  }

  /** This task is no longer ours to answer: say so, and go on. @param {Refused} error */
  async lost(error) {
    await this.keeper?.forget();
    await this.next();
    showTrouble([error.message]);
  }

  askSkip() {
    if (!this.screen || this.busy) return;
    byId("skip-form", HTMLFormElement).reset();
    byId("skip-dialog", HTMLDialogElement).showModal();
  }

  async skip() {
    if (!this.keeper || this.busy) return;
    const form = new FormData(byId("skip-form", HTMLFormElement));
    const reason = [form.get("reason"), form.get("words")].filter(Boolean).join(": ");
    this.setBusy(true);
    try {
      await call("POST", `assignments/${this.keeper.id}/skip`, JSON.stringify({ lease: this.keeper.lease, reason }));
      await this.finished(0);
    } catch (error) {
      this.setBusy(false);
      this.refused(error);
    }
  }

  /** Take the task submitted last up again. */
  async back() {
    if (!this.last || this.busy) return;
    this.setBusy(true);
    try {
      await this.keeper?.save();
      const { data } = await call("POST", `assignments/${this.last}/reopen`, "{}");
      this.last = null;
      this.done -= 1;
      byId("done").textContent = String(this.done);
      byId("back", HTMLButtonElement).hidden = true;
      this.show(data);
    } catch (error) {
      this.refused(error);
    } finally {
      this.setBusy(false);
    }
  }

  zoomHere() {
    const group = this.screen?.current?.group;
    const image = this.work.querySelector(`[data-group="${group}"] img`) ?? this.work.querySelector("img");
    if (image instanceof HTMLImageElement) this.zoom.show(image);
  }

  /** The foot is of no use without a task, but for the way back. @param {string} state */
  setState(state) {
    const resting = state !== "working";
    this.shell.dataset.state = state;
    byId("foot").classList.toggle("is-resting", resting);
    byId("foot").hidden = resting && this.last === null;
  }

  /** @param {boolean} busy */
  setBusy(busy) {
    this.busy = busy;
    showBusy(busy && this.screen !== null);
    this.work.setAttribute("aria-busy", String(busy));
  }
}

/**
 * @param {import("./contract.js").Question} question
 * @param {Map<string, number>} numbers
 * @param {Map<string, string>} letters
 */
function where(question, numbers, letters) {
  const place = question.group === WHOLE ? say("whole") : say("turn", { number: numbers.get(question.group) ?? 1 });
  if (question.kind === "comparison") return `${place} · ${question.letters.join(" / ")}`;
  if (question.group === WHOLE) return question.columns > 1 ? `${place} · ${question.column + 1}` : place;
  return `${place} · ${say("answer", { letter: letters.get(question.response) ?? "" })}`;
}

void new Workbench().next();
