/** The annotation screen: claim, show, submit or skip, and on to the next without loading a page. */
import { ActiveTime } from "./activity.js";
import { Ahead } from "./ahead.js";
import { Answers } from "./answers.js";
import { call, keepShut, Refused, Unreachable } from "./api.js";
import { byId } from "./dom.js";
import { DraftKeeper } from "./draft.js";
import { listenToKeys } from "./keys.js";
import { mayLeave } from "./leaving.js";
import { Outbox } from "./outbox.js";
import { showPanel, where } from "./panel.js";
import { lookBack, showStanding } from "./practice.js";
import { Presence } from "./presence.js";
import { Reading } from "./reading.js";
import { Returning } from "./returning.js";
import { Screen } from "./screen.js";
import { announce, showBusy, showCount, showSaved, showTrouble, showWaiting } from "./status.js";
import { Channel, SESSION, tellOver } from "./tabs.js";
import { Talk } from "./talk.js";
import { say, useTexts } from "./texts.js";
import { Zoom } from "./zoom.js";

/** @typedef {import("./contract.js").Assignment} Assignment @typedef {import("./contract.js").Lists} Lists */

const PATIENCE_MS = 1500; // a submit that takes longer is spoken of

export class Workbench {
  constructor() {
    this.shell = byId("workbench");
    const { slug = "", person = "", texts = "{}", language = "en", last = "" } = this.shell.dataset;
    useTexts(JSON.parse(texts), language);
    this.slug = slug;
    this.person = person;
    this.work = byId("work");
    this.clock = new ActiveTime();
    this.zoom = new Zoom(this.work);
    /** @type {Screen | null} */
    this.screen = null;
    /** @type {Reading | null} */
    this.reading = null;
    /** @type {DraftKeeper | null} */
    this.keeper = null;
    /** @type {Assignment | null} */
    this.assignment = null;
    /** How many tasks were shown: whoever waited sees whether another came meanwhile. */
    this.shown = 0;
    /** The task submitted last, which the way back leads to. @type {string | null} */
    this.last = last || null;
    this.busy = false;
    /** Whether the way out is being looked at (leaving.js): a second press must not overtake it. */
    this.asking = false;
    /** Whether the trouble shown is a log-in that ran out, which a save that goes through takes away. */
    this.loggedOut = false;
    /** @type {number | undefined} */
    this.lookAgain = undefined;
    this.ahead = new Ahead(slug, () => (this.outbox.waiting.length ? null : this.assignment));
    /** Tasks left while their submission is on its way. @type {import("./returning.js").Left} */
    this.left = new Map();
    /** @type {Outbox} */
    this.outbox = new Outbox({ person, onSent: (entry) => this.sent(entry), onRefused: (entry, error) => this.returning.refused(entry, error),
      onState: (waiting, loggedOut) => this.showOutbox(waiting, loggedOut) });
    this.returning = new Returning(this);
    this.presence = new Presence({ clock: this.clock, look: () => this.look(), until: () => this.keeper?.until ?? null,
      troubled: () => Boolean(this.keeper?.failures || this.outbox.waiting.length || !this.assignment), onPause: async () => this.keeper?.save() });
    this.session = new Channel(SESSION, (message) => this.heardPerson(message.person));
    this.talk = new Talk({ slug, announce, assignment: () => this.assignment, current: () => this.screen?.current, giveBack: (reason) => this.giveBack(reason) });
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
      help: () => byId("keys", HTMLDialogElement).showModal(), back: () => this.back(), zoom: () => this.zoomHere(),
      uncover: () => this.reading?.covers.showAll(), more: this.talk.keys });
    for (const name of ["pagehide", "freeze"]) window.addEventListener(name, () => this.keeper?.farewell(), { capture: true });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.keeper?.farewell(); });
  }

  /** What this browser still holds goes out first; then the task that the address names, or the next. */
  async start() {
    await this.outbox.load();
    for (const entry of this.outbox.entries) if (entry.refused) this.returning.showKept(entry);
    const named = new URLSearchParams(location.search).get("assignment");
    if (named) history.replaceState(null, "", location.pathname);
    if (named && await this.showNamed(named)) return;
    await this.next();
  }

  /** @param {string} id */
  async showNamed(id) {
    await this.outbox.flush();
    try {
      const { data } = await call("GET", `assignments/${id}`);
      if (data.status === "active") this.show(data);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    }
    return this.assignment !== null;
  }

  /** Show what comes next: the prefetched task, or a new claim. What waits to be sent goes out before that. */
  async next() {
    window.clearTimeout(this.lookAgain);
    const shown = this.shown;
    this.setBusy(true);
    try {
      const ready = await this.ahead.take();
      if (ready) return this.show(ready);
      if (this.outbox.waiting.length) await this.outbox.flush();
      if (this.shown !== shown) return;
      if (this.outbox.waiting.length) return this.rest(this.outbox.loggedOut ? "logged-out" : "unreachable", 15);
      const answer = await call("POST", `projects/${this.slug}/claim`, "{}");
      if (this.shown !== shown) return;
      if (answer.status === 204) this.rest(answer.headers.get("Queue-Reason") ?? answer.headers.get("Queue-State") ?? "done", Number(answer.headers.get("Retry-After")) || 300);
      else this.show(answer.data);
    } catch (error) {
      this.cannotClaim(error);
    } finally {
      this.setBusy(false);
    }
  }

  /** @param {Assignment} assignment @param {Lists} [over] answers to lay over its draft: those of a refused submission */
  show(assignment, over) {
    this.leave();
    this.shown += 1;
    this.assignment = assignment;
    const answers = new Answers(assignment.pairs);
    const stored = answers.read(assignment.draft.body ?? {});
    for (const [key, value] of stored) answers.put(key, value);
    answers.acknowledge(stored);
    this.clock.restart(`${this.person} ${assignment.id}`, assignment.draft.body?.active_ms ?? 0);
    const keeper = new DraftKeeper({ person: this.person, assignment, answers, clock: this.clock,
      held: () => (document.hasFocus() ? this.screen?.held() ?? null : null),
      onState: (state) => { if (this.keeper === keeper) this.showState(state); }, onLost: (code, theirs) => this.returning.lost(keeper, code, theirs) });
    this.keeper = keeper;
    this.screen = new Screen(this.work, assignment, answers, {
      announce,
      onCurrent: (question) => {
        this.reading?.enter(question.group);
        showPanel(byId("panel"), question, answers.get(question.key), assignment.rubric, where(question, assignment));
        if (this.screen) this.talk.guide.point();
      },
      onCount: showCount,
    });
    this.reading = new Reading(this.work, assignment, this.screen);
    this.setState("working");
    showSaved("saved");
    this.loggedOut = false;
    showTrouble([]);
    window.scrollTo(0, 0);
    /** @type {HTMLElement | null} */ (this.work.querySelector(".turn-head h2"))?.focus({ preventScroll: true });
    if (over) for (const [key, value] of answers.whole(over)) answers.put(key, value);
    void keeper.recover();
    this.talk.begin(assignment);
    this.ahead.shown(assignment, keeper);
  }

  leave() {
    this.screen?.close();
    this.reading?.close();
    this.keeper?.close();
    this.work.inert = false;
    if (this.keeper) this.keeper.answers.listeners = []; // what becomes of them now is not for this screen
    this.screen = this.reading = this.keeper = this.assignment = null;
  }

  /** No task now: say why, and look again later by itself. @param {string} state @param {number} seconds */
  rest(state, seconds) {
    this.leave();
    const template = document.getElementById(`state-${state}`) ?? byId("state-done");
    this.work.replaceChildren(/** @type {HTMLTemplateElement} */ (template).content.cloneNode(true));
    const again = this.work.querySelector("[data-again]");
    if (again) again.textContent = say(seconds < 90 ? "again_seconds" : "again_minutes", { number: seconds < 90 ? seconds : Math.round(seconds / 60) });
    this.setState(state);
    if (state === "training") void showStanding(this.work, this.slug, () => this.shell.dataset.state === state);
    this.lookAgain = window.setTimeout(() => this.next(), seconds * 1000);
    announce(this.work.querySelector("h2")?.textContent ?? "");
  }

  /** @param {unknown} error */
  cannotClaim(error) {
    if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    if (error instanceof Refused && error.loggedOut) return this.rest("logged-out", 15);
    if (error instanceof Refused && error.status === 404) return this.rest("gone", 300);
    this.rest("unreachable", error instanceof Refused && error.status === 503 ? 1 : 15);
  }

  /** @param {import("./draft.js").SaveState} state */
  showState(state) {
    showSaved(state);
    if (state === "logged-out") this.showLoggedOut("logged_out");
    else if (state === "saved" && (this.loggedOut || this.keeper?.answers.past.length)) {
      // What was said as this task came up (why it is back, what became of the one before) stays until the person has gone on with it.
      this.loggedOut = false;
      showTrouble([]);
    }
  }

  /** @param {string} text its key */
  showLoggedOut(text) {
    this.loggedOut = true;
    showTrouble([say(text)], { href: this.shell.dataset.login ?? "/", label: say("log_in") });
  }

  /** How the assignment stands, once the person is back, the machine awake or the line mended. */
  async look() {
    if (this.outbox.waiting.length) void this.outbox.flush();
    if (this.keeper) {
      await this.keeper.renew();
      await this.keeper?.save();
    } else if (!this.busy && this.shell.dataset.state !== "loading") await this.next();
  }

  /** A page of this browser was shown to somebody. @param {string} person */
  heardPerson(person) {
    keepShut(person !== this.person);
    if (person === this.person) return void this.look();
    showSaved("logged-out");
    this.showLoggedOut("somebody_else");
  }

  async submit() {
    const { screen, keeper, assignment } = this;
    if (!screen || !keeper || !assignment || this.busy || this.asking) return;
    this.asking = true;
    const may = await mayLeave(screen).finally(() => { this.asking = false; });
    if (!may || this.screen !== screen || this.busy) return;
    this.setBusy(true);
    this.work.inert = true; // what is sent is what stands there
    this.clock.sign();
    const { saving } = keeper;
    const entry = await this.outbox.add(keeper.id, keeper.submission());
    if (this.outbox.stored.has(entry.key)) void keeper.forget();
    else keeper.close();
    this.clock.stop();
    this.last = assignment.practice ? null : assignment.id;
    this.left.set(assignment.id, { keeper, required: screen.questions.filter((one) => one.required).map((one) => one.key) });
    // A save under way makes the draft that the submission then builds on.
    const sending = (saving ?? Promise.resolve()).then(async () => {
      if (saving) await this.outbox.replace(entry, keeper.submission());
      return this.outbox.flush();
    });
    const slow = window.setTimeout(() => showWaiting(this.outbox.waiting.length), PATIENCE_MS);
    void sending.finally(() => window.clearTimeout(slow));
    const { shown } = this;
    // Beside the key an answer can stand only when it has arrived.
    const looksBack = Boolean(assignment.practice || this.shell.dataset.goldFeedback);
    if (looksBack || !this.ahead.ready) await sending;
    if (this.shown !== shown) return this.setBusy(false); // it was brought back
    if (looksBack) await this.lookBack(assignment);
    await this.next();
    if (this.screen && this.shown === shown + 1) announce(say("submitted"));
  }

  /** A submission has arrived. @param {import("./outbox.js").Entry} entry */
  sent(entry) {
    this.count(1);
    const { lease, base, active_ms, ...lists } = JSON.parse(entry.body);
    tellOver(this.person, entry.assignment, "already_submitted", lists);
    this.left.delete(entry.assignment);
    if (!this.assignment && !this.busy) void this.next();
  }

  /** @param {number} waiting @param {boolean} loggedOut */
  showOutbox(waiting, loggedOut) {
    showWaiting(waiting);
    this.setState(this.shell.dataset.state ?? "");
    if (loggedOut && this.assignment) this.showLoggedOut("logged_out");
    else if (loggedOut) this.rest("logged-out", 15);
    if (!waiting) this.ahead.plan();
  }

  /** @param {number} more */
  count(more) {
    for (const id of ["done", "today", "week"]) byId(id).textContent = String(Number(byId(id).textContent) + more);
  }

  /** @param {Assignment} answered */
  async lookBack(answered) {
    this.leave();
    this.setState("feedback");
    this.work.setAttribute("aria-busy", "false");
    await lookBack(this.work, answered, this.slug);
  }

  /** @param {unknown} error */
  refused(error) {
    if (error instanceof Unreachable) return showTrouble([say("unreachable")]);
    if (!(error instanceof Refused)) throw error;
    if (error.loggedOut) return this.showState("logged-out");
    showTrouble(error.problems.length ? error.problems.map((one) => one.detail) : [say("server_error")]);
  }

  askSkip() {
    if (!this.screen || this.busy) return;
    byId("skip-form", HTMLFormElement).reset();
    byId("skip-dialog", HTMLDialogElement).showModal();
  }

  async skip() {
    const form = new FormData(byId("skip-form", HTMLFormElement));
    await this.giveBack([form.get("reason"), form.get("words")].filter(Boolean).join(": "));
  }

  /** @param {string} reason */
  async giveBack(reason) {
    const { keeper } = this;
    if (!keeper || this.busy) return;
    this.setBusy(true);
    try {
      await call("POST", `assignments/${keeper.id}/skip`, JSON.stringify({ lease: keeper.lease, reason }));
      await keeper.forget();
      this.clock.stop();
      tellOver(this.person, keeper.id, "skipped");
      await this.next();
      if (this.screen) announce(say("skipped"));
    } catch (error) {
      this.setBusy(false);
      if (error instanceof Refused && ["lease_taken", "already_submitted", "skipped"].includes(error.code)) return keeper.end(error.code);
      this.refused(error);
    }
  }

  /** Take the task submitted last up again. */
  async back() {
    const { last } = this;
    if (!last || this.busy) return;
    this.setBusy(true);
    try {
      await this.outbox.flush();
      if (this.outbox.holds(last)) throw new Unreachable();
      await this.keeper?.save();
      this.ahead.drop(); // given back, should both hands be full
      const { data } = await call("POST", `assignments/${last}/reopen`, "{}");
      this.last = null;
      this.count(-1);
      this.show(data);
    } catch (error) {
      this.refused(error);
      this.ahead.plan();
    } finally {
      this.setBusy(false);
    }
  }

  zoomHere() {
    const group = this.screen?.current?.group;
    const image = this.work.querySelector(`[data-group="${group}"] .picture-open img`) ?? this.work.querySelector(".picture-open img");
    if (image instanceof HTMLImageElement) this.zoom.show(image);
  }

  /** The foot is of no use without a task, but for the way back and what waits. @param {string} state */
  setState(state) {
    const resting = state !== "working";
    this.shell.dataset.state = state;
    byId("back", HTMLButtonElement).hidden = this.last === null;
    byId("foot").classList.toggle("is-resting", resting);
    byId("foot").hidden = resting && this.last === null && !this.outbox.waiting.length;
  }

  /** @param {boolean} busy */
  setBusy(busy) {
    this.busy = busy;
    showBusy(busy && this.screen !== null);
    this.work.setAttribute("aria-busy", String(busy));
  }
}

void new Workbench().start();
