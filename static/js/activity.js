/** How long somebody was really at work: time between signs of life, pauses of half a minute and more left out. */

const PAUSE_MS = 30_000;

export class ActiveTime {
  constructor() {
    this.total = 0;
    this.last = Date.now();
    const sign = () => this.sign();
    for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "scroll"]) {
      document.addEventListener(name, sign, { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => { this.last = Date.now(); });
  }

  sign() {
    const now = Date.now();
    if (now - this.last < PAUSE_MS && !document.hidden) this.total += now - this.last;
    this.last = now;
  }

  /** Begin anew for another task. */
  restart() {
    this.total = 0;
    this.last = Date.now();
  }
}
