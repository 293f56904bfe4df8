/** What helps to read one task: folded turns and their strip, long messages cut, images covered, whole paths. */
import { Bounds } from "./bounds.js";
import { Covers } from "./covers.js";
import { h } from "./dom.js";
import { Folding } from "./folding.js";
import { announce } from "./status.js";
import { say } from "./texts.js";
import { fillOnSight } from "./whole.js";

export class Reading {
  /** @param {HTMLElement} root @param {import("./contract.js").Assignment} assignment @param {import("./screen.js").Screen} screen */
  constructor(root, assignment, screen) {
    this.folding = new Folding(root, assignment, screen);
    if (assignment.practice) root.querySelector(".turn")?.before(h("p", { class: "callout" }, say(`practice_${assignment.practice}`)));
    this.covers = new Covers(root, assignment, announce);
    this.bounds = new Bounds(root);
    this.stopFilling = fillOnSight(root, (place) => {
      this.covers.cover(place);
      this.bounds.watch(place);
    });
    if (screen.current) this.enter(screen.current.group);
  }

  /** The work has come to a turn, or to the whole. @param {string} group */
  enter(group) {
    this.folding.enter(group);
  }

  close() {
    this.folding.close();
    this.covers.close();
    this.bounds.close();
    this.stopFilling();
  }
}
