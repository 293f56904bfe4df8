/**
 * One question as a row: a rating with its levels and states, or a comparison on a signed scale.
 *
 * A row is a radio group with one tab stop; its buttons carry the value they stand for as JSON in data-value.
 */
import { h } from "./dom.js";
import { say, signed, textsOf } from "./texts.js";

/**
 * @typedef {import("./contract.js").Question} Question
 * @typedef {import("./contract.js").RatingQuestion} RatingQuestion
 * @typedef {import("./contract.js").ComparisonQuestion} ComparisonQuestion
 * @typedef {import("./contract.js").Value} Value
 * @typedef {{ value: Value, label: string, title: string, kind: string, side?: string }} Choice   `side`: whom a preference is for
 */

/**
 * A radio group with one tab stop; what describes it besides an error is named in data-described.
 *
 * @param {Choice[]} choices
 * @param {import("./dom.js").Properties} properties
 */
export function choiceGroup(choices, properties) {
  const buttons = choices.map((choice, index) => h("button", { type: "button", role: "radio", class: `level level-${choice.kind}`,
    "aria-checked": "false", tabindex: index ? -1 : 0, title: choice.title, "aria-label": choice.title, "data-value": JSON.stringify(choice.value) },
  choice.side ? h("span", { class: "level-side" }, choice.side) : null, choice.label));
  return h("div", { class: "levels", role: "radiogroup", ...properties }, ...buttons);
}

/**
 * @param {RatingQuestion | ComparisonQuestion} question
 * @param {import("./contract.js").Rubric} rubric
 * @returns {HTMLElement}
 */
export function renderRow(question, rubric) {
  const name = h("span", { class: "question-name", id: `name ${question.key}`.replaceAll(" ", "-") }, ...nameOf(question));
  const choices = question.kind === "rating" ? levels(question) : preferences(question, rubric);
  const rule = question.kind === "rating" && question.rule ? ruleLine(textsOf(question.dimension).rules[question.rule] ?? "", `${name.id}-rule`) : null;
  const group = choiceGroup(choices, { "aria-labelledby": name.id, "aria-required": question.required ? "true" : null,
    "data-described": rule?.id, "aria-describedby": rule?.id });
  const row = h("div", { class: `question question-${question.kind}`, "data-key": question.key, "data-required": question.required },
    h("div", { class: "question-line" }, name, question.kind === "rating" ? group : scale(question, group)),
    rule,
    h("p", { class: "question-error", hidden: true, id: `${name.id}-error` }));
  return row;
}

/** Which rule about images holds, on one line; the panel has it in full. @param {string} text @param {string} id */
function ruleLine(text, id) {
  return h("p", { class: "question-rule", title: text, id }, text);
}

/** @param {RatingQuestion | ComparisonQuestion} question @returns {(string | HTMLElement)[]} */
function nameOf(question) {
  const { dimension } = question;
  if (question.kind === "comparison" && dimension === null) return [say("which_better", { left: question.letters[0], right: question.letters[1] })];
  return dimension ? [h("span", { class: "code" }, dimension.code), " ", textsOf(dimension).name] : [];
}

/** @param {RatingQuestion} question @returns {Choice[]} */
function levels({ dimension, rule }) {
  const anchors = textsOf(dimension).anchors;
  /** @type {Choice[]} */
  const found = [];
  for (let value = dimension.minimum; value <= dimension.maximum; value += 1) {
    found.push({ value: { value, state: "rated" }, label: signed(value), title: `${signed(value)}: ${anchors[value] ?? ""}`, kind: "number" });
  }
  if (rule === "one_image_turn") {
    found.push({ value: { value: 3, state: "defaulted" }, label: say("default", { value: 3 }), title: say("default_title", { value: 3 }), kind: "default" });
  }
  if (rule === "no_image" || rule === "no_output_image") {
    found.push({ value: { value: null, state: "not_applicable" }, label: say("not_applicable_short"), title: say("not_applicable"), kind: "state" });
  }
  found.push({ value: { value: null, state: "unable" }, label: "?", title: say("unable"), kind: "state" });
  return found;
}

/** @param {ComparisonQuestion} question @param {import("./contract.js").Rubric} rubric @returns {Choice[]} */
function preferences({ letters }, { preference_scale: scale, tie_allowed: tie }) {
  /** @type {Choice[]} */
  const found = [];
  for (let value = -scale; value <= scale; value += 1) {
    if (value === 0 && !tie) continue;
    found.push({ value, label: value ? "●".repeat(Math.abs(value)) : "=", title: preferenceText(value, letters, scale), kind: value ? "preference" : "tie",
      side: value ? letters[value < 0 ? 0 : 1] : undefined });
  }
  return found;
}

/**
 * A preference in words, as shown: negative is for the left one.
 *
 * @param {number} value
 * @param {[string, string]} letters
 * @param {number} scale
 */
export function preferenceText(value, [left, right], scale) {
  if (value === 0) return say("equal");
  const strength = scale === 1 ? "better" : ["slightly_better", scale === 2 ? "much_better" : "better", "much_better"][Math.abs(value) - 1];
  return say(strength, { which: value < 0 ? left : right });
}

/** The scale with both ends named and the choice in words. @param {ComparisonQuestion} question @param {HTMLElement} group */
function scale({ letters }, group) {
  return h("div", { class: "scale" }, h("span", { class: "scale-end", "aria-hidden": "true" }, h("span", { class: "letter" }, letters[0])), group,
    h("span", { class: "scale-end", "aria-hidden": "true" }, h("span", { class: "letter" }, letters[1])),
    h("output", { class: "scale-said" }, say("not_compared")));
}

/** @param {HTMLElement} row @returns {HTMLButtonElement[]} */
export function buttonsOf(row) {
  return [.../** @type {NodeListOf<HTMLButtonElement>} */ (row.querySelectorAll("button[data-value]"))];
}

/**
 * Show a control's value in its row.
 *
 * @param {HTMLElement} row
 * @param {Question} question
 * @param {Value | undefined} value
 */
export function paintRow(row, question, value) {
  const wanted = value === undefined ? null : normal(value);
  const buttons = buttonsOf(row);
  const chosen = buttons.findIndex((button) => normal(JSON.parse(button.dataset.value ?? "")) === wanted);
  buttons.forEach((button, index) => {
    button.setAttribute("aria-checked", String(index === chosen));
    button.tabIndex = index === Math.max(chosen, 0) ? 0 : -1;
  });
  row.classList.toggle("is-answered", chosen >= 0);
  const said = row.querySelector(".scale-said");
  if (said) said.textContent = chosen >= 0 ? buttons[chosen].title : say(question.required ? "not_compared" : "optional");
  showError(row, "");
}

/** @param {Value} value */
function normal(value) {
  return typeof value === "object" ? `${value.state} ${value.value}` : String(value);
}

/** @param {HTMLElement} row @param {string} detail "" takes the error away */
export function showError(row, detail) {
  const place = /** @type {HTMLElement | null} */ (row.querySelector(".question-error"));
  if (!place || (place.hidden && !detail)) return;
  place.textContent = detail;
  place.hidden = !detail;
  const control = /** @type {HTMLElement | null} */ (row.querySelector("[role=radiogroup], textarea"));
  control?.setAttribute("aria-describedby", [control.dataset.described, detail && place.id].filter(Boolean).join(" "));
}
