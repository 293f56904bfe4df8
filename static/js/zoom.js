/** Images large: a click or a key opens the dialog. */
import { Viewer } from "./viewer.js";

export class Zoom {
  /** @param {HTMLElement} work where the images are */
  constructor(work) {
    this.work = work;
    /** Made when it is first wanted. @type {Viewer | null} */
    this.viewer = null;
    work.addEventListener("click", (event) => {
      const image = /** @type {Element} */ (event.target).closest(".picture-open")?.querySelector("img");
      if (image) this.show(image);
    });
  }

  /** @param {HTMLImageElement} image */
  show(image) {
    this.viewer ??= new Viewer(this.work);
    this.viewer.open(image);
  }
}
