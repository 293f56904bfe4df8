/**
 * Whether the person is there: then the lease is renewed while they read, what happened meanwhile is looked up when
 * they come back or the machine wakes, and a pause stops all of it.
 */
import { byId, isText } from "./dom.js";
import { say, timeOfDay } from "./texts.js";

const TICK_MS = 15_000;
const SLEPT_MS = 45_000;
const RENEW_MS = 5 * 60_000;
const LOOK_MS = 30_000;

export class Presence {
  /**
   * @param {object} options
   * @param {import("./activity.js").ActiveTime} options.clock
   * @param {() => void} options.look see how the assignment stands, and renew its lease
   * @param {() => boolean} options.troubled whether something waits for the line or the log-in
   * @param {() => number | null} options.until when the lease of the task in work ends; null without one
   * @param {() => Promise<void>} options.onPause
   */
  constructor({ clock, look, troubled, until, onPause }) {
    this.clock = clock;
    this.look = look;
    this.troubled = troubled;
    this.until = until;
    this.onPause = onPause;
    this.ticked = this.looked = Date.now();
    this.dialog = byId("pause-dialog", HTMLDialogElement);
    window.setInterval(() => this.tick(), TICK_MS);
    for (const name of ["focus", "pageshow"]) window.addEventListener(name, () => this.back());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.back(); });
    byId("pause").addEventListener("click", () => this.pause());
    document.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["keydown", "pointerdown"]) this.dialog.addEventListener(name, (event) => this.resume(event));
    this.dialog.addEventListener("close", () => this.resumed());
  }

  tick() {
    const now = Date.now();
    const slept = now - this.ticked > TICK_MS + SLEPT_MS;
    this.ticked = now;
    if (this.clock.paused) this.tell();
    else if (slept || (now - this.looked > RENEW_MS && now - this.clock.seen < RENEW_MS)) this.lookNow();
  }

  /** The person comes back to this tab. */
  back() {
    if (!this.clock.paused && (this.troubled() || Date.now() - this.looked > LOOK_MS)) this.lookNow();
  }

  lookNow() {
    this.looked = Date.now();
    this.look();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "p" || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isText(event.target) || document.querySelector("dialog[open], details.menu[open]")) return;
    this.pause();
  }

  pause() {
    if (this.until() === null) return;
    this.clock.sign();
    this.clock.paused = true;
    this.tell();
    void this.onPause().then(() => this.tell());
    this.dialog.showModal();
  }

  /** Until when the task stays held; renewing nothing, a pause may outlast it. */
  tell() {
    const until = this.until();
    const held = until !== null && until > Date.now();
    byId("pause-until").textContent = say(held ? "paused_until" : "paused_over", { time: held ? timeOfDay(until) : "" });
  }

  /** Any key or click goes on, and does nothing else. @param {Event} event */
  resume(event) {
    if (event instanceof KeyboardEvent && ["Shift", "Control", "Alt", "Meta", "CapsLock"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    this.dialog.close();
  }

  resumed() {
    this.clock.paused = false;
    this.clock.last = performance.now();
    this.clock.seen = Date.now();
    this.lookNow();
  }
}
