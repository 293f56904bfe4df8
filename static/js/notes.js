/** Texts that people write: critiques, a better answer, notes per image, reasons. Rarely used ones are folded away. */
import { h } from "./dom.js";
import { noteKey } from "./questions.js";
import { say } from "./texts.js";

/** @typedef {import("./contract.js").Scope} Scope */

/**
 * A text. A required one is a row like others: it can be walked to, and Enter goes into it.
 *
 * @param {string} key
 * @param {string} label
 * @param {string} placeholder
 * @param {boolean} required
 */
export function noteBox(key, label, placeholder = "", required = false) {
  const id = `note-${key}`.replaceAll(/[^\w-]/g, "-");
  return h("div", { class: required ? "note question question-note" : "note", "data-key": key, "data-required": required, role: "group", tabindex: -1, "aria-labelledby": `${id}-label` },
    h("label", { for: id, class: "label", id: `${id}-label` }, label, h("span", { class: required ? "note-must" : "note-may" }, say(required ? "required" : "optional"))),
    h("textarea", { id, rows: 2, placeholder, maxlength: 20000, "data-note": key, "aria-required": required ? "true" : null }),
    h("p", { class: "question-error", hidden: true, id: `${id}-error` }));
}

/**
 * What can be written about one candidate: what must be stands open, what is rarely used is folded.
 *
 * @param {import("./contract.js").Candidate} candidate
 * @param {string} letter
 * @param {Set<string>} required keys of the texts that may not be left out
 */
export function candidateNotes(candidate, letter, required) {
  const images = candidate.content.flatMap((part) => (part.type === "image" && part.url ? [part] : []));
  const perImage = images.map((image, index) => noteBox(noteKey("image", "local", candidate.id, { image: image.url?.split("/").at(-1) }),
    say("image_note", { number: index + 1 }), image.alt));
  const keys = { critique: noteKey("critique", "local", candidate.id), refinement: noteKey("refinement", "local", candidate.id) };
  const refinement = noteBox(keys.refinement, say("refinement"), say("refinement_hint"), required.has(keys.refinement));
  const open = [noteBox(keys.critique, say("critique", { letter }), say("critique_hint"), required.has(keys.critique)), ...(required.has(keys.refinement) ? [refinement] : [])];
  const rare = [...(required.has(keys.refinement) ? [] : [refinement]), ...perImage];
  const label = [...(required.has(keys.refinement) ? [] : [say("refinement")]), ...(perImage.length ? [say("image_notes", { number: perImage.length })] : [])].join(" · ");
  return h("div", { class: "notes" }, ...open, rare.length ? folded(label, rare) : null);
}

/** The one remark on a whole path. @param {string} response @param {string} label @param {Set<string>} required */
export function wholeNote(response, label, required) {
  const key = noteKey("critique", "global", response);
  return h("div", { class: "notes" }, noteBox(key, label, say("remark_hint"), required.has(key)));
}

/** Why one of a pair is better. @param {import("./contract.js").Pair} pair @param {Set<string>} required */
export function pairNote(pair, required) {
  const key = noteKey("reason", pair.scope, pair.responses);
  return noteBox(key, say("reason"), say("reason_hint"), required.has(key));
}

/**
 * @param {string} label
 * @param {HTMLElement[]} content
 */
export function folded(label, content) {
  return h("details", { class: "fold" }, h("summary", {}, label), h("div", { class: "fold-body" }, ...content));
}
