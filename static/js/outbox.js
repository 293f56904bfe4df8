/**
 * Submissions on their way. Each is stored in this browser before anything is sent, goes out in order with its
 * own key until an answer comes, and so counts exactly once, also after a reload or with several tabs open.
 *
 * @typedef {{ person: string, key: string, assignment: string, body: string, at: number, refused?: string }} Entry
 *   `refused` names why the server will not take it: it is not sent again, only shown until it is put away.
 */
import { call, randomKey, Refused, Unreachable } from "./api.js";
import { beginning, within } from "./store.js";

const RETRY_MS = [500, 1500, 4000, 8000, 15_000, 30_000];

/** One tab sends at a time, where the browser has locks; elsewhere the keys alone keep things right. @param {string} name @param {() => Promise<void>} act */
const alone = (name, act) => ("locks" in navigator ? navigator.locks.request(name, act) : act());

export class Outbox {
  /**
   * @param {object} options
   * @param {string} options.person
   * @param {(entry: Entry) => void} options.onSent
   * @param {(entry: Entry, error: Refused) => Promise<void>} options.onRefused must put the entry right or away
   * @param {(waiting: number, loggedOut: boolean) => void} options.onState
   */
  constructor({ person, onSent, onRefused, onState }) {
    this.person = person;
    this.onSent = onSent;
    this.onRefused = onRefused;
    this.onState = onState;
    /** @type {Entry[]} */
    this.entries = [];
    /** Keys that are stored; the others live in this page alone. @type {Set<string>} */
    this.stored = new Set();
    this.failures = 0;
    this.loggedOut = false;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {Promise<void> | null} */
    this.flushing = null;
    window.addEventListener("online", () => {
      this.failures = 0;
      void this.flush();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.waiting.some((one) => !this.stored.has(one.key))) event.preventDefault();
    });
  }

  get waiting() {
    return this.entries.filter((one) => !one.refused);
  }

  /** @param {string} assignment */
  holds(assignment) {
    return this.entries.some((one) => one.assignment === assignment && !one.refused);
  }

  /** What this browser holds, another tab's entries included; what is no longer there has been sent by another tab. */
  async load() {
    /** @type {Entry[] | undefined} */
    const rows = await within("outbox", "readonly", (store) => store.getAll(beginning(this.person)));
    if (!rows) return;
    const here = new Set(rows.map((one) => one.key));
    for (const entry of this.entries) if (this.stored.has(entry.key) && !here.has(entry.key)) this.take(entry);
    const known = new Set(this.entries.map((one) => one.key));
    this.entries.push(...rows.filter((one) => !known.has(one.key)));
    this.entries.sort((one, other) => one.at - other.at);
    this.stored = here;
  }

  /** @param {string} assignment @param {string} body @param {string} [refused] @returns {Promise<Entry>} stored, if this browser stores at all */
  async add(assignment, body, refused) {
    const entry = { person: this.person, key: randomKey(), assignment, body, at: Date.now(), refused };
    this.entries.push(entry);
    await this.store(entry);
    return entry;
  }

  /** @param {Entry} entry */
  async store(entry) {
    const row = await within("outbox", "readwrite", (store) => store.put(entry));
    if (row !== undefined) this.stored.add(entry.key);
  }

  /** Take an entry out of this page's list. @param {Entry} entry */
  take(entry) {
    this.entries = this.entries.filter((one) => one.key !== entry.key);
    this.stored.delete(entry.key);
  }

  /** @param {Entry} entry */
  async remove(entry) {
    this.take(entry);
    await within("outbox", "readwrite", (store) => store.delete([this.person, entry.key]));
  }

  /** Other answers in place of a refused entry's: another body needs another key. @param {Entry} entry @param {string} body */
  async replace(entry, body) {
    const old = entry.key;
    this.stored.delete(old);
    Object.assign(entry, { key: randomKey(), body });
    await this.store(entry);
    await within("outbox", "readwrite", (store) => store.delete([this.person, old]));
  }

  /** Keep what will not be taken, to be shown until the person puts it away. @param {Entry} entry @param {string} code */
  async refuse(entry, code) {
    entry.refused = code;
    await this.store(entry);
  }

  /** Send what waits, in order, until all is sent or one cannot be. @returns {Promise<void>} */
  flush() {
    window.clearTimeout(this.timer);
    const flushing = this.flushing ?? this.drainAlone();
    this.flushing = flushing;
    return flushing;
  }

  async drainAlone() {
    try {
      await alone(`annotate outbox ${this.person}`, () => this.drain());
    } finally {
      this.flushing = null;
    }
  }

  async drain() {
    await this.load();
    for (let entry = this.waiting[0]; entry; entry = this.waiting[0]) {
      try {
        await this.send(entry);
        this.failures = 0;
      } catch (error) {
        if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
        this.later(error instanceof Refused && error.loggedOut);
        return;
      }
    }
    this.loggedOut = false;
    this.onState(0, false);
  }

  /** @param {Entry} entry */
  async send(entry) {
    try {
      await call("POST", `assignments/${entry.assignment}/submit`, entry.body, { headers: { "Idempotency-Key": entry.key } });
    } catch (error) {
      if (!(error instanceof Refused) || error.passing || error.loggedOut) throw error;
      return this.onRefused(entry, error);
    }
    await this.remove(entry);
    this.onSent(entry);
  }

  /** @param {boolean} loggedOut */
  later(loggedOut) {
    this.failures += 1;
    this.loggedOut = loggedOut;
    this.timer = window.setTimeout(() => this.flush(), RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1]);
    this.onState(this.waiting.length, loggedOut);
  }
}
