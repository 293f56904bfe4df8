/**
 * The task after this one, fetched while the present one is read: soon after it is shown, when the browser has
 * nothing else to do. Its pictures come one by one and behind everything else.
 *
 * @typedef {import("./contract.js").Assignment} Assignment
 */
import { call, serverTime } from "./api.js";

const SETTLE_MS = 1000;
const AGAIN_MS = 30_000;
const FRESH_MS = 60_000;

/** @param {() => void} act */
const whenIdle = (act) => (typeof requestIdleCallback === "function" ? requestIdleCallback(act, { timeout: 2000 }) : window.setTimeout(act, 200));

export class Ahead {
  /** @param {string} slug @param {() => Assignment | null} current the one in work; null when none may be asked for now */
  constructor(slug, current) {
    this.slug = slug;
    this.current = current;
    /** @type {Assignment | null} */
    this.found = null;
    /** @type {Promise<void> | null} */
    this.asking = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** The task that was shown as it had been fetched: what became of it meanwhile is asked once it stands there. @type {string | null} */
    this.unasked = null;
  }

  /** A task is on the screen. @param {Assignment} assignment @param {import("./draft.js").DraftKeeper} keeper */
  shown(assignment, keeper) {
    if (assignment.withdrawn) keeper.onLost("withdrawn");
    else if (this.unasked === assignment.id) void keeper.renew();
    this.unasked = null;
    this.plan();
  }

  /** See to it that the next task will be at hand. @param {number} [delay] milliseconds */
  plan(delay = SETTLE_MS) {
    window.clearTimeout(this.timer);
    if (!this.found) this.timer = window.setTimeout(() => whenIdle(() => this.ask()), delay);
  }

  ask() {
    if (this.found || this.asking) return;
    const current = this.current();
    if (!current) return;
    const asking = this.fetch(current).then((found) => {
      if (this.asking !== asking) return; // no longer wanted
      this.asking = null;
      this.found = found;
      if (found) void loadPictures(found);
      else this.plan(AGAIN_MS);
    });
    this.asking = asking;
  }

  /** @param {Assignment} current @returns {Promise<Assignment | null>} */
  async fetch(current) {
    try {
      const { status, data } = await call("POST", `projects/${this.slug}/claim`, JSON.stringify({ after: current.id }));
      return status === 204 || data.id === current.id ? null : data;
    } catch {
      return null; // asked again later, and then it says what is the matter
    }
  }

  /** Whether the next task can be shown without asking anybody. */
  get ready() {
    return this.found !== null && serverTime(this.found.lease.expires_at) > Date.now() + FRESH_MS;
  }

  /** The task fetched ahead, if there is one and it is still ours. @returns {Promise<Assignment | null>} */
  async take() {
    await this.asking;
    const { found, ready } = this;
    this.drop();
    this.unasked = ready ? found?.id ?? null : null;
    if (!found || ready) return found;
    const { data } = await call("GET", `assignments/${found.id}`);
    return data.status === "active" ? data : null;
  }

  drop() {
    window.clearTimeout(this.timer);
    this.found = this.asking = null;
  }
}

/** @param {Assignment} assignment whose pictures come only when they are asked for where it warns of them */
async function loadPictures(assignment) {
  if (assignment.content_warnings.length) return;
  const parts = assignment.turns.flatMap((turn) => [turn, ...turn.candidates]).flatMap((one) => one.content);
  for (const part of parts) {
    if (part.type !== "image" || !part.url) continue;
    const image = new Image();
    image.fetchPriority = "low";
    image.src = part.url;
    await image.decode().catch(() => undefined);
  }
}
