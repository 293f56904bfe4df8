/** One image on a stage: where it lies follows from a view (how large, which point in the middle) that two may share. */

/** @typedef {{ zoom: number, x: number, y: number }} View zoom 1 fits the stage; x and y are the middle, 0 to 1 of the image */

const LARGEST = 16; // times the image's own pixels
const FIT_ENLARGES = 4;

export class Pane {
  /** @param {HTMLElement} stage @param {HTMLImageElement} image */
  constructor(stage, image) {
    this.stage = stage;
    this.image = image;
  }

  get size() {
    const { image } = this;
    return { width: Number(image.getAttribute("width")) || image.naturalWidth || 1, height: Number(image.getAttribute("height")) || image.naturalHeight || 1 };
  }

  /** Screen pixels per pixel of the image when all of it is seen. */
  get fit() {
    const { width, height } = this.size;
    return Math.max(0.001, Math.min(this.stage.clientWidth / width, this.stage.clientHeight / height, FIT_ENLARGES));
  }

  /** The view's zoom that shows the image's own pixels. */
  get full() {
    return 1 / this.fit;
  }

  /** Whether there is something to pan to. @param {View} view */
  overflows(view) {
    const { width, height } = this.size;
    const scale = this.fit * view.zoom;
    return width * scale > this.stage.clientWidth + 1 || height * scale > this.stage.clientHeight + 1;
  }

  /** The nearest view that leaves no needless gap. @param {View} view @returns {View} */
  bounded(view) {
    const { width, height } = this.size;
    const zoom = Math.min(Math.max(view.zoom, Math.min(1, this.full) / 2), Math.max(1, this.full * LARGEST));
    const scale = this.fit * zoom;
    const within = (/** @type {number} */ middle, /** @type {number} */ seen) => (seen >= 1 ? 0.5 : Math.min(1 - seen / 2, Math.max(seen / 2, middle)));
    return { zoom, x: within(view.x, this.stage.clientWidth / (width * scale)), y: within(view.y, this.stage.clientHeight / (height * scale)) };
  }

  /** @param {View} view */
  paint(view) {
    const { width, height } = this.size;
    const { zoom, x, y } = this.bounded(view);
    const scale = this.fit * zoom;
    this.image.style.width = `${width}px`;
    this.image.style.height = `${height}px`;
    this.image.style.transform = `translate(${this.stage.clientWidth / 2 - x * width * scale}px, ${this.stage.clientHeight / 2 - y * height * scale}px) scale(${scale})`;
  }

  /** The view moved by screen pixels. @param {View} view @param {number} right @param {number} down @returns {View} */
  panned(view, right, down) {
    const { width, height } = this.size;
    const scale = this.fit * view.zoom;
    return this.bounded({ zoom: view.zoom, x: view.x + right / (width * scale), y: view.y + down / (height * scale) });
  }

  /** The view enlarged, with what lies at a point of the window staying there. @param {View} view @param {number} factor @param {number} clientX @param {number} clientY @returns {View} */
  zoomed(view, factor, clientX, clientY) {
    const box = this.stage.getBoundingClientRect();
    const [right, down] = [clientX - box.left - this.stage.clientWidth / 2, clientY - box.top - this.stage.clientHeight / 2];
    const near = this.panned(view, right, down);
    const at = { zoom: view.zoom, x: view.x + (right / (this.size.width * this.fit * view.zoom)), y: view.y + (down / (this.size.height * this.fit * view.zoom)) };
    const zoom = this.bounded({ ...near, zoom: view.zoom * factor }).zoom;
    const scale = this.fit * zoom;
    return this.bounded({ zoom, x: at.x - right / (this.size.width * scale), y: at.y - down / (this.size.height * scale) });
  }
}
