/** Questions to the lead as elements: one's own threads, and what is published for everybody. */
import { h } from "./dom.js";
import { say } from "./texts.js";

/**
 * @typedef {{ id: string, author: "you" | "lead", text: string, created_at: string }} Message
 * @typedef {{ id: string, assignment: string | null, dimension: string | null, resolved: boolean, unseen: boolean, messages: Message[] }} Thread
 * @typedef {{ id: string, dimension: string | null, question: string, answer: string }} Published
 */

/**
 * @param {Thread} thread
 * @param {string} about
 * @param {(text: string) => Promise<void>} reply rejects when it was not sent
 */
export function renderThread(thread, about, reply) {
  const box = h("textarea", { rows: 2, maxlength: 4000, "aria-label": say("ask_reply") });
  const trouble = h("p", { class: "flash flash-error", role: "alert", hidden: true }, say("not_sent"));
  const send = h("button", { type: "submit", class: "btn btn-small" }, say("ask_send"));
  const form = h("form", { class: "field ask-reply", onsubmit: (event) => {
    event.preventDefault();
    if (!box.value.trim()) return box.focus();
    send.disabled = true;
    trouble.hidden = true;
    reply(box.value).catch(() => { send.disabled = trouble.hidden = false; });
  } }, box, trouble, send);
  const answered = thread.messages.at(-1)?.author === "lead";
  return h("details", { class: thread.unseen ? "ask-thread is-unseen" : "ask-thread", open: thread.unseen },
    h("summary", {}, h("span", { class: answered ? "badge badge-ok" : "badge" }, say(thread.unseen ? "ask_new" : answered ? "ask_answered" : "ask_waits")), " ",
      h("span", { class: "small muted" }, about), h("span", { class: "ask-excerpt" }, thread.messages[0].text)),
    h("ol", { class: "ask-messages" }, ...thread.messages.map((one) => h("li", { class: `ask-${one.author}` },
      h("p", { class: "small muted" }, say(one.author === "you" ? "ask_you" : "ask_lead")), h("p", {}, one.text)))),
    form);
}

/** @param {Published} one @param {string} about */
export function renderPublished(one, about) {
  return h("details", { class: "ask-thread" }, h("summary", {}, h("span", { class: "small muted" }, about), h("span", { class: "ask-excerpt" }, one.question)),
    h("p", { class: "ask-answer" }, one.answer));
}
