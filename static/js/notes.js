/** Texts that people write: critiques, a better answer, notes per image, reasons. Rarely used ones are folded away. */
import { h } from "./dom.js";
import { noteKey } from "./questions.js";
import { say } from "./texts.js";

/** @typedef {import("./contract.js").Scope} Scope */

/**
 * @param {string} key
 * @param {string} label
 * @param {string} placeholder
 */
export function noteBox(key, label, placeholder = "") {
  const id = `note-${key}`.replaceAll(/[^\w-]/g, "-");
  return h("div", { class: "note", "data-key": key }, h("label", { for: id, class: "label" }, label),
    h("textarea", { id, rows: 2, placeholder, maxlength: 20000, "data-note": key }), h("p", { class: "question-error", hidden: true, id: `${id}-error` }));
}

/**
 * What can be written about one candidate.
 *
 * @param {import("./contract.js").Candidate} candidate
 * @param {string} letter
 */
export function candidateNotes(candidate, letter) {
  const images = candidate.content.flatMap((part) => (part.type === "image" && part.url ? [part] : []));
  const perImage = images.map((image, index) => noteBox(noteKey("image", "local", candidate.id, { image: image.url?.split("/").at(-1) }),
    say("image_note", { number: index + 1 }), image.alt));
  return h("div", { class: "notes" },
    noteBox(noteKey("critique", "local", candidate.id), say("critique", { letter }), say("critique_hint")),
    folded(say("more_notes"), [noteBox(noteKey("refinement", "local", candidate.id), say("refinement"), say("refinement_hint")), ...perImage]));
}

/** The one remark on a whole path. @param {string} response @param {string} label */
export function wholeNote(response, label) {
  return h("div", { class: "notes" }, noteBox(noteKey("critique", "global", response), label, say("remark_hint")));
}

/** Why one of a pair is better. @param {import("./contract.js").Pair} pair */
export function pairNote(pair) {
  return noteBox(noteKey("reason", pair.scope, pair.responses), say("reason"), say("reason_hint"));
}

/**
 * @param {string} label
 * @param {HTMLElement[]} content
 */
export function folded(label, content) {
  return h("details", { class: "fold" }, h("summary", {}, label), h("div", { class: "fold-body" }, ...content));
}
