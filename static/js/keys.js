/**
 * The keyboard. Keys belong to the screen only while nothing is being written, chosen in a menu or asked in a
 * dialog; an input method that is composing keeps all of them.
 *
 * @typedef {import("./screen.js").Screen} Screen
 * @typedef {import("./contract.js").Question} Question
 * @typedef {import("./contract.js").Value} Value
 * @typedef {{ submit: () => void, skip: () => void, help: () => void, back: () => void, zoom: () => void, uncover: () => void,
 *   more?: Record<string, () => void> }} Commands
 */
import { isText } from "./dom.js";
import { enlarge } from "./panel.js";

/**
 * @param {() => Screen | null} screen
 * @param {Commands} commands
 */
export function listenToKeys(screen, commands) {
  document.getElementById("enlarge")?.addEventListener("click", () => enlarge());
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.repeat;
    const form = event.target instanceof Element ? event.target.closest("form") : null;
    if (sends && form?.closest("dialog")) return form.requestSubmit();
    if (document.querySelector("dialog[open], details.menu[open]")) return;
    const here = screen();
    if (sends) {
      event.preventDefault();
      return commands.submit();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isText(event.target)) {
      if (event.key === "Escape") here?.leaveText();
      return;
    }
    if (pressed(event, here, commands)) event.preventDefault();
  });
}

/**
 * @param {KeyboardEvent} event
 * @param {Screen | null} screen
 * @param {Commands} commands
 * @returns {boolean} whether the key meant something
 */
function pressed(event, screen, commands) {
  if (event.key === "?") return did(commands.help());
  if (event.key === "a" && !event.repeat) return did(enlarge());
  if (event.key === "Escape") return did(enlarge(false));
  if (event.key === "b" && !event.repeat) return did(commands.back());
  const more = event.repeat ? undefined : commands.more?.[event.key];
  if (more) return did(more());
  if (!screen) return false;
  if (event.key === "s" && !event.repeat) return did(commands.skip());
  if (event.key === "i") return did(commands.zoom());
  if (event.key === "w") return did(commands.uncover());
  if (event.key === "Enter" && screen.current?.kind === "note" && event.target instanceof Element && event.target.matches(".note")) return did(screen.write());
  const inRow = event.target instanceof Element && event.target.closest(".question") !== null;
  // Who scrolled away to read goes on reading: nothing is chosen in a row that is out of sight.
  if (event.key === " " && inRow && screen.isAway()) return did(window.scrollBy(0, window.innerHeight * (event.shiftKey ? -0.8 : 0.8)));
  return move(event.key, screen, inRow) || (!event.repeat && rate(event.key, screen));
}

/** @param {string} key @param {Screen} screen @param {boolean} inRow arrows scroll the page elsewhere */
function move(key, screen, inRow) {
  if (inRow && key.startsWith("Arrow")) {
    if (key === "ArrowDown" || key === "ArrowUp") return did(screen.move(key === "ArrowDown" ? 1 : -1));
    return did(screen.along(key === "ArrowRight" ? 1 : -1));
  }
  switch (key) {
    case "j": return did(screen.move(1));
    case "k": return did(screen.move(-1));
    case "h": return did(screen.across(-1));
    case "l": return did(screen.across(1));
    case "n": return did(screen.toMissing(1));
    case "N": return did(screen.toMissing(-1));
    case "e": return did(screen.toSteps());
    case "[": return did(screen.toGroup(-1));
    case "]": return did(screen.toGroup(1));
    case "c": return did(screen.write());
    case "o": return did(screen.unfold());
    case "z": return did(screen.undo());
    default: return false;
  }
}

/** @param {string} key @param {Screen} screen */
function rate(key, screen) {
  if (/^[0-9]$/.test(key)) return screen.answer((question) => byDigit(question, Number(key), screen));
  switch (key) {
    case "+": case "=": return screen.answer((question) => (question.kind === "step" ? 1 : undefined));
    case "-": case "−": case "m": return screen.answer((question) => (question.kind === "step" ? -1 : rating(question, -1, "rated")));
    case "x": return screen.answer((question) => rating(question, null, "not_applicable"));
    case "u": return screen.answer((question) => rating(question, null, "unable"));
    case "d": return screen.answer((question) => rating(question, 3, "defaulted"));
    case "Backspace": case "Delete":
      return did(screen.clear());
    default: return false;
  }
}

/** Digits are levels, and marks of a step; in a comparison they count the choices from the left. @param {Question} question @param {number} digit @param {Screen} screen */
function byDigit(question, digit, screen) {
  if (question.kind === "comparison") return screen.nth(question, digit - 1);
  return question.kind === "step" ? digit : rating(question, digit, "rated");
}

/** @param {Question} question @param {number | null} value @param {import("./contract.js").RatingState} state @returns {Value | undefined} */
function rating(question, value, state) {
  return question.kind === "rating" ? { value, state } : undefined;
}

/** @param {unknown} _result */
function did(_result) {
  return true;
}
