/**
 * Keeping the work on the server: one save at a time, a little after the last change, again and again until it
 * is acknowledged. What is not yet acknowledged also lies in this browser (unsent.js).
 *
 * @typedef {import("./answers.js").Answers} Answers
 * @typedef {import("./contract.js").Assignment} Assignment
 * @typedef {"saved" | "saving" | "unsaved" | "offline" | "logged-out" | "lost"} SaveState
 */
import { call, Refused, Unreachable } from "./api.js";
import { dropUnsent, keepUnsent, readUnsent } from "./unsent.js";

const QUIET_MS = 700;
const LONGEST_MS = 4000;
const RETRY_MS = [2000, 4000, 8000, 15_000, 30_000];

export class DraftKeeper {
  /**
   * @param {object} options
   * @param {string} options.person
   * @param {Assignment} options.assignment
   * @param {Answers} options.answers
   * @param {() => string | null} options.held the control in work
   * @param {(state: SaveState) => void} options.onState
   * @param {(problem: Refused) => void} options.onLost the assignment is no longer this person's to change
   */
  constructor({ person, assignment, answers, held, onState, onLost }) {
    this.person = person;
    this.id = assignment.id;
    this.lease = assignment.lease.number;
    this.sequence = assignment.draft.sequence;
    this.answers = answers;
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
    answers.onChange(() => this.changed());
    this.wake = () => this.save();
    window.addEventListener("online", this.wake);
  }

  /** Lay what this browser still held over the server's draft, and send it. */
  async recover() {
    const kept = await readUnsent(this.person, this.id);
    for (const [key, value] of Object.entries(kept?.controls ?? {})) {
      this.answers.put(key, /** @type {any} */ (value) ?? undefined);
    }
    if (!kept || this.closed) return;
    if (Object.keys(this.answers.unsent()).length) await this.save();
    else await this.settle();
  }

  changed() {
    if (this.closed) return;
    const now = Date.now();
    this.firstChangeAt ||= now;
    void keepUnsent(this.person, this.id, this.answers.unsent());
    if (!this.failures) this.onState("unsaved");
    this.plan(Math.max(0, Math.min(QUIET_MS, this.firstChangeAt + LONGEST_MS - now)));
  }

  /** @param {number} delay milliseconds */
  plan(delay) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), delay);
  }

  /** Send what is unsent; waits for a save under way. @returns {Promise<void>} */
  async save() {
    if (this.saving) return this.saving;
    if (this.closed || !Object.keys(this.answers.unsent()).length) return;
    this.saving = this.send().finally(() => { this.saving = null; });
    await this.saving;
    if (this.failures) this.plan(RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1]);
    else if (Object.keys(this.answers.unsent()).length) this.plan(QUIET_MS);
  }

  async send() {
    window.clearTimeout(this.timer);
    this.firstChangeAt = 0;
    const sent = new Map(this.answers.controls);
    const { lists } = this.answers.write();
    this.onState("saving");
    try {
      const body = JSON.stringify({ lease: this.lease, base: this.sequence, body: lists });
      const answer = await call("PUT", `assignments/${this.id}/draft`, body);
      this.sequence = answer.data.sequence;
      this.answers.acknowledge(sent);
      this.failures = 0;
      await this.settle();
    } catch (error) {
      await this.failed(error);
    }
  }

  /** Say how things stand with what the server is known to have. */
  async settle() {
    const left = this.answers.unsent();
    if (Object.keys(left).length) await keepUnsent(this.person, this.id, left);
    else await dropUnsent(this.person, this.id);
    this.onState(Object.keys(left).length ? "unsaved" : "saved");
  }

  /** @param {unknown} error */
  async failed(error) {
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
      this.close();
      this.onState("lost");
      this.onLost(error);
    } else {
      throw error;
    }
  }

  /** Another tab saved in between: keep both sides' controls. @param {import("./contract.js").Draft} draft */
  async take(draft) {
    this.sequence = draft.sequence;
    this.answers.merge(this.answers.read(draft.body ?? {}), this.held());
    await this.settle();
  }

  /** The task was given to us anew elsewhere: take up its new lease and its draft. */
  async renew() {
    try {
      const { data } = await call("GET", `assignments/${this.id}`);
      this.lease = data.lease.number;
      await this.take(data.draft);
    } catch (error) {
      if (error instanceof Refused && error.code === "lease_stale") throw error;
      await this.failed(error);
    }
  }

  /** Last call before the page goes away: no answer is waited for. */
  farewell() {
    if (this.closed || this.saving || !Object.keys(this.answers.unsent()).length) return;
    const { lists } = this.answers.write();
    const body = JSON.stringify({ lease: this.lease, base: this.sequence, body: lists });
    call("PUT", `assignments/${this.id}/draft`, body, { keepalive: body.length < 60_000 })
      .then((answer) => {
        this.sequence = answer.data.sequence;
        return dropUnsent(this.person, this.id);
      })
      .catch(() => undefined);
  }

  /** Stop saving: the work is submitted, skipped or gone. */
  close() {
    this.closed = true;
    window.clearTimeout(this.timer);
    window.removeEventListener("online", this.wake);
  }

  /** Forget what this browser held of it. */
  async forget() {
    this.close();
    await dropUnsent(this.person, this.id);
  }
}
