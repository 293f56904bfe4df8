/** Answers that no longer count, shown with what was written, until they are put away. */
import { h } from "./dom.js";
import { say } from "./texts.js";

/** The texts in a submission's or draft's lists. @param {Partial<import("./contract.js").Lists>} lists */
export const textsIn = ({ notes = [] }) => notes.map((one) => one.text);

/**
 * @param {HTMLElement} place
 * @param {string} code why: as the server names it
 * @param {string[]} texts
 * @param {() => void} onAway called when it is put away
 */
export function showKept(place, code, texts, onAway) {
  const known = ["lease_taken", "already_submitted", "skipped"].includes(code) ? code : "gone";
  const box = h("textarea", { readonly: true, rows: Math.min(8, texts.length * 2 + 1), "aria-label": say("kept_texts") });
  box.value = texts.join("\n\n");
  const copied = h("span", { role: "status", class: "muted" });
  const copy = h("button", { type: "button", class: "btn btn-small", onclick: async () => {
    box.select();
    const done = navigator.clipboard ? await navigator.clipboard.writeText(box.value).then(() => true, () => false) : document.execCommand("copy");
    copied.textContent = say(done ? "copied" : "copy_by_hand");
  } }, say("copy_texts"));
  const notice = h("section", { class: "flash flash-warning kept", role: "alert" },
    h("p", {}, say(`lost_${known}`), texts.length ? ` ${say("kept_hint")}` : ""),
    texts.length ? box : null,
    h("p", { class: "actions" }, texts.length ? copy : null,
      h("button", { type: "button", class: "btn btn-small", onclick: () => { notice.remove(); onAway(); } }, say("put_away")), copied));
  place.append(notice);
}
