/**
 * Keeping the work on the server: one save at a time, a little after the last change, again and again until it
 * is acknowledged. What is not yet acknowledged also lies in this browser (unsent.js).
 *
 * @typedef {import("./answers.js").Answers} Answers
 * @typedef {import("./contract.js").Assignment} Assignment
 * @typedef {"saved" | "saving" | "unsaved" | "offline" | "logged-out" | "lost"} SaveState
 */
import { call, Refused, serverTime, Unreachable } from "./api.js";
import { Channel } from "./tabs.js";
import { dropUnsent, keepUnsent, readUnsent } from "./unsent.js";

const QUIET_MS = 700;
const LONGEST_MS = 4000;
const RETRY_MS = [2000, 4000, 8000, 15_000, 30_000];
/** What a browser still sends for a page that is gone. */
const KEEPALIVE_BYTES = 60_000;
/** @param {string} text */
const survives = (text) => new Blob([text]).size < KEEPALIVE_BYTES;
const CODES = { submitted: "already_submitted", skipped: "skipped", lapsed: "lease_taken" };

export class DraftKeeper {
  /**
   * @param {object} options
   * @param {string} options.person
   * @param {Assignment} options.assignment
   * @param {Answers} options.answers
   * @param {import("./activity.js").ActiveTime} options.clock
   * @param {() => string | null} options.held the control in work
   * @param {(state: SaveState) => void} options.onState
   * @param {(code: string, theirs?: import("./contract.js").Lists) => void} options.onLost the assignment is no longer
   *   this person's to change; `theirs` is what another tab submitted of it
   */
  constructor({ person, assignment, answers, clock, held, onState, onLost }) {
    this.person = person;
    this.id = assignment.id;
    this.lease = assignment.lease.number;
    this.until = serverTime(assignment.lease.expires_at);
    this.sequence = assignment.draft.sequence;
    this.answers = answers;
    this.clock = clock;
    this.held = held;
    this.onState = onState;
    this.onLost = onLost;
    this.failures = 0;
    this.firstChangeAt = 0;
    this.closed = false;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {Promise<void> | null} */
    this.saving = null;
    /** What tabs of before had left here. @type {import("./unsent.js").Unsent[]} */
    this.found = [];
    /** Whether a change comes from another tab, which will save it: then this one only waits to see that it does. */
    this.hearing = false;
    this.channel = new Channel(`annotate ${person} ${this.id}`, (message) => this.hear(message));
    answers.onChange((key) => this.changed(key));
    this.wake = () => {
      this.failures = Math.min(this.failures, 1); // the line is back: should this one still fail, soon again
      return this.save();
    };
    window.addEventListener("online", this.wake);
  }

  /** Lay what this browser still held over the server's draft, and send it. */
  async recover() {
    this.found = await readUnsent(this.person, this.id);
    if (!this.found.length || this.closed) return;
    for (const [key, value] of this.found.flatMap((row) => Object.entries(row.controls))) {
      this.answers.put(key, /** @type {any} */ (value) ?? undefined);
    }
    if (Object.keys(this.answers.unsent()).length) await this.save();
    else await this.settle();
  }

  /** @param {string} key */
  changed(key) {
    if (this.closed) return;
    const now = Date.now();
    this.firstChangeAt ||= now;
    void keepUnsent(this.person, this.id, this.answers.unsent());
    if (!this.hearing) this.channel.tell({ key, value: this.answers.get(key) });
    if (!this.failures) this.onState("unsaved");
    const quiet = this.hearing ? LONGEST_MS : QUIET_MS;
    this.plan(Math.max(0, Math.min(quiet, this.firstChangeAt + LONGEST_MS + quiet - QUIET_MS - now)));
  }

  /** Another tab of the same person changed a control, saved, or finished this assignment. @param {any} message */
  hear(message) {
    if (this.closed) return;
    if (message.over) return this.end(message.over, message.lists);
    this.hearing = true;
    if (message.active) this.clock.catchUp(message.active);
    if (message.key && message.key !== this.held()) this.answers.put(message.key, message.value);
    if (message.draft && message.draft.sequence > this.sequence) {
      this.lease = Math.max(this.lease, message.lease);
      void this.take(message.draft);
    }
    this.hearing = false;
  }

  /** @param {number} delay milliseconds */
  plan(delay) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), delay);
  }

  /** Send what is unsent; waits for a save under way. @param {{ leaving?: boolean }} [how] @returns {Promise<void>} */
  async save({ leaving = false } = {}) {
    if (this.saving) return this.saving;
    if (this.closed || !Object.keys(this.answers.unsent()).length) return;
    this.saving = this.send(leaving).finally(() => { this.saving = null; });
    await this.saving;
    if (this.closed) return;
    if (this.failures) this.plan(RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1]);
    else if (Object.keys(this.answers.unsent()).length) this.plan(QUIET_MS);
  }

  /** The draft's body: the lists of a submission, and the time at work so far. */
  body() {
    return { ...this.answers.write().lists, active_ms: Math.round(this.clock.total) };
  }

  /** The submission as it stands: it says on which draft it builds, so that it passes over no newer one. */
  submission() {
    return JSON.stringify({ lease: this.lease, base: this.sequence, ...this.body(), seen: undefined });
  }

  /** @param {boolean} leaving the page goes away: the request must outlive it */
  async send(leaving) {
    window.clearTimeout(this.timer);
    this.firstChangeAt = 0;
    const sent = new Map(this.answers.controls);
    const body = this.body();
    this.onState("saving");
    try {
      const text = JSON.stringify({ lease: this.lease, base: this.sequence, body });
      const answer = await call("PUT", `assignments/${this.id}/draft`, text, { keepalive: leaving && survives(text) });
      const { sequence, lease } = answer.data;
      this.failures = 0;
      this.until = serverTime(lease.expires_at);
      if (sequence < this.sequence) return;
      this.sequence = sequence;
      this.answers.acknowledge(sent);
      this.channel.tell({ draft: { sequence, body }, lease: this.lease, active: body.active_ms });
      await this.settle();
    } catch (error) {
      await this.failed(error);
    }
  }

  /** Say how things stand with what the server is known to have. */
  async settle() {
    if (this.closed) return;
    const left = Object.keys(this.answers.unsent()).length;
    if (left) void keepUnsent(this.person, this.id, this.answers.unsent());
    else window.clearTimeout(this.timer);
    this.onState(left ? "unsaved" : "saved");
    if (!left) await dropUnsent(this.person, this.id, this.found.splice(0));
  }

  /** @param {unknown} error */
  async failed(error) {
    if (this.closed) return;
    if (error instanceof Unreachable || (error instanceof Refused && error.passing)) {
      this.failures += 1;
      this.onState("offline");
    } else if (error instanceof Refused && error.code === "draft_stale") {
      await this.take(error.data.draft);
    } else if (error instanceof Refused && error.code === "lease_stale") {
      await this.renew();
    } else if (error instanceof Refused && error.loggedOut) {
      this.failures += 1;
      this.onState("logged-out");
    } else if (error instanceof Refused) {
      this.end(error.code);
    } else {
      throw error;
    }
  }

  /** The assignment is no longer ours. @param {string} code @param {import("./contract.js").Lists} [theirs] */
  end(code, theirs) {
    this.close();
    this.onState("lost");
    this.onLost(code, theirs);
  }

  /** Another tab saved in between: keep both sides' controls. @param {import("./contract.js").Draft} draft */
  async take(draft) {
    this.sequence = draft.sequence;
    this.answers.merge(this.answers.read(draft.body ?? {}), this.held());
    await this.settle();
  }

  /** Read the assignment: renews its lease, takes in what was stored elsewhere, finds out whether it is still ours. */
  async renew() {
    try {
      const { data } = await call("GET", `assignments/${this.id}`);
      if (this.closed) return;
      const code = CODES[/** @type {keyof typeof CODES} */ (data.status)];
      if (code) return this.end(code);
      if (data.withdrawn) this.onLost("withdrawn");
      const wasAway = this.failures > 0;
      this.failures = 0;
      this.lease = data.lease.number;
      this.until = serverTime(data.lease.expires_at);
      if (data.draft.sequence > this.sequence) await this.take(data.draft);
      if (wasAway) await this.settle();
    } catch (error) {
      await this.failed(error);
    }
  }

  /** Last call before the page goes away, or may: no answer is waited for. A save under way may die with the page. */
  farewell() {
    if (!this.saving) return void this.save({ leaving: true });
    const body = JSON.stringify({ lease: this.lease, base: this.sequence, body: this.body() });
    if (!this.closed && survives(body)) call("PUT", `assignments/${this.id}/draft`, body, { keepalive: true }).catch(() => undefined);
  }

  /** Stop saving: the work is submitted, skipped or gone. */
  close() {
    this.closed = true;
    window.clearTimeout(this.timer);
    window.removeEventListener("online", this.wake);
    this.channel.close();
  }

  /** Forget what this browser held of it. */
  async forget() {
    this.close();
    await dropUnsent(this.person, this.id, this.found);
  }
}
