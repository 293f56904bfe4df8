/**
 * Submitting: the same key and the same bytes again until an answer comes, so that one submit counts once.
 *
 * @typedef {import("./draft.js").DraftKeeper} DraftKeeper
 */
import { call, randomKey, Refused, Unreachable } from "./api.js";

const PAUSES_MS = [500, 1500, 4000];

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => { window.setTimeout(resolve, milliseconds); });

export class Sender {
  /** @param {DraftKeeper} keeper @param {import("./activity.js").ActiveTime} clock */
  constructor(keeper, clock) {
    this.keeper = keeper;
    this.clock = clock;
    /** What was sent and not answered: to be sent again exactly so. @type {{ version: string, key: string, body: string } | null} */
    this.pending = null;
    /** @type {Map<string, string>} */
    this.places = new Map();
  }

  /** The request: the unanswered one if nothing changed since, else a new one. */
  request() {
    const { answers, lease } = this.keeper;
    const version = `${answers.version} ${lease}`;
    if (this.pending?.version === version) return this.pending;
    const { lists, places } = answers.write();
    this.places = places;
    this.pending = { version, key: randomKey(), body: JSON.stringify({ lease, ...lists, active_ms: Math.round(this.clock.total) }) };
    return this.pending;
  }

  /**
   * Submit; throws Refused, or Unreachable after some tries.
   *
   * @returns {Promise<void>}
   */
  async submit() {
    for (let attempt = 0; ; attempt += 1) {
      const { key, body } = this.request();
      try {
        await call("POST", `assignments/${this.keeper.id}/submit`, body, { headers: { "Idempotency-Key": key } });
        return;
      } catch (error) {
        const passing = error instanceof Unreachable || (error instanceof Refused && error.passing);
        const stale = error instanceof Refused && error.code === "lease_stale" && attempt === 0;
        if (stale) await this.keeper.renew();
        else if (!passing || attempt >= PAUSES_MS.length) throw this.forget(error);
        else await pause(PAUSES_MS[attempt]);
      }
    }
  }

  /** A refused request is over; one without an answer may have arrived and must be repeated as it is. @param {unknown} error */
  forget(error) {
    if (error instanceof Refused && !error.passing && !error.loggedOut) this.pending = null;
    return error;
  }
}
