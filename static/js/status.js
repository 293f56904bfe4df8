/** The bar at the foot: how far, what is missing, whether it is saved; and what a screen reader is told. */
import { byId, h } from "./dom.js";
import { say } from "./texts.js";

/** @param {number} answered @param {number} required */
export function showCount(answered, required) {
  const bar = byId("count-bar", HTMLProgressElement);
  bar.max = Math.max(1, required);
  bar.value = answered;
  byId("count").textContent = say("answered", { answered, required });
  const missing = byId("missing", HTMLButtonElement);
  missing.firstElementChild?.replaceChildren(required === answered ? say("complete") : say("missing", { number: required - answered }));
  missing.classList.toggle("is-complete", required === answered);
}

/** @param {import("./draft.js").SaveState} state */
export function showSaved(state) {
  const place = byId("saved");
  place.dataset.state = state;
  place.lastElementChild?.replaceChildren(say(`save_${state.replace("-", "_")}`));
}

/** Told to screen readers. @param {string} text */
export function announce(text) {
  byId("announce").textContent = text;
}

/** A problem above the foot; none takes it away. @param {string[]} texts @param {{ href: string, label: string }} [link] */
export function showTrouble(texts, link) {
  const place = byId("trouble");
  place.hidden = texts.length === 0;
  place.replaceChildren(...texts.map((text) => h("p", {}, text)), ...(link ? [h("a", { href: link.href, target: "_blank" }, link.label)] : []));
}

let leaving = "";

/** @param {boolean} busy */
export function showBusy(busy) {
  const submit = byId("submit", HTMLButtonElement);
  submit.setAttribute("aria-disabled", String(busy));
  submit.firstElementChild?.replaceChildren(busy ? say("submitting") : leaving || say("submit"));
}

/** What the button at the foot does: submit, or go on to the next turn. @param {string} label */
export function showLeaving(label) {
  leaving = label;
  byId("submit").firstElementChild?.replaceChildren(label);
}

/** Submissions that have not gone out yet. @param {number} number */
export function showWaiting(number) {
  const place = byId("waiting");
  place.hidden = number === 0;
  place.textContent = number ? say(number === 1 ? "waiting_one" : "waiting_more", { number }) : "";
}
