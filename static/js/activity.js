/**
 * How long somebody was really at work: time between signs of life, pauses of half a minute and more left out, as
 * are sleep, hidden tabs and windows in the background: of several tabs only the one in front counts.
 */

const PAUSE_MS = 30_000;

export class ActiveTime {
  constructor() {
    this.total = 0;
    this.paused = false;
    /** When there was a sign of life last, by the wall clock. */
    this.seen = Date.now();
    this.name = "";
    this.last = performance.now();
    const sign = () => this.sign();
    for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "scroll", "input"]) {
      document.addEventListener(name, sign, { passive: true, capture: true });
    }
    for (const name of ["focus", "blur"]) window.addEventListener(name, () => { this.last = performance.now(); });
    document.addEventListener("visibilitychange", () => { this.last = performance.now(); });
    window.addEventListener("pagehide", () => this.keep());
  }

  sign() {
    const now = performance.now();
    const passed = now - this.last;
    // Two clocks, because a sleeping machine stops the one and a corrected time moves the other.
    const wall = Date.now() - this.seen;
    const counts = !this.paused && !document.hidden && document.hasFocus();
    if (counts && passed < PAUSE_MS && wall < PAUSE_MS) this.total += passed;
    this.last = now;
    this.seen = Date.now();
  }

  /** Begin for a task, at what was counted for it before: in the draft, in this tab before a reload. @param {string} name @param {number} before */
  restart(name, before) {
    this.keep();
    this.name = `annotate active ${name}`;
    this.total = Math.max(before, Number(sessionStorage.getItem(this.name)) || 0);
    this.last = performance.now();
  }

  /** Another tab has counted further. @param {number} total */
  catchUp(total) {
    this.total = Math.max(this.total, total);
  }

  /** Leave the count in this tab, where a reload finds it. */
  keep() {
    if (this.name && this.total) sessionStorage.setItem(this.name, String(Math.round(this.total)));
  }

  /** The task is over. */
  stop() {
    if (this.name) sessionStorage.removeItem(this.name);
    this.name = "";
    this.total = 0;
  }
}
