/**
 * After an item with a key: the own answers beside the key's, and at the end of a qualification how it came out.
 *
 * @typedef {import("./contract.js").Assignment} Assignment
 * @typedef {{ value: number | null, state: import("./contract.js").RatingState }} Level
 * @typedef {{ response: string, dimension: string, own: Level | null, key: Level, distance: number | null }} RatingBeside
 * @typedef {{ scope: string, left: string, right: string, dimension: string | null, own: number | null, key: number, distance: number | null }} ComparisonBeside
 * @typedef {{ kind: string, scope: string, response: string | null, pair: [string, string] | null, dimension: string | null, html: string }} KeyNote
 * @typedef {{ ratings: RatingBeside[], comparisons: ComparisonBeside[], notes: KeyNote[], explanation: string, finishes: boolean }} Feedback
 * @typedef {{ dimension: string, name: string, ratings: number, exact: number, distance: number, lean: number }} DimensionResult
 * @typedef {{ attempt: number, passed: boolean, kappa: number | null, pass_mark: number, ratings: number, dimensions: DimensionResult[], assignments: string[] }} Attempt
 * @typedef {{ name: string, same: boolean, far: boolean, own: string, key: string, levels: [string, string][] }} Beside
 */
import { call, Refused, Unreachable } from "./api.js";
import { Covers } from "./covers.js";
import { h, nodesOf } from "./dom.js";
import { renderParts } from "./parts.js";
import { lettersOf, turnNumbers } from "./questions.js";
import { preferenceText } from "./rows.js";
import { announce } from "./status.js";
import { say, signed, textsOf } from "./texts.js";

const FAR = 2;
const MOST_OFF = 3;

/**
 * Show what the key says to an answered item until the person goes on; at once where there is nothing to show, as
 * while a qualification lasts. At its end comes the result, with all of its items.
 *
 * @param {HTMLElement} root
 * @param {Assignment} assignment
 * @param {string} slug
 */
export async function lookBack(root, assignment, slug) {
  const found = /** @type {Feedback | null} */ (await ask(`assignments/${assignment.id}/feedback`));
  if (!found) return;
  if (!found.finishes) return turnTo(root, comparison(assignment, found), "practice_next");
  const { latest } = await ask(`projects/${slug}/qualification`) ?? {};
  if (latest) await turnTo(root, result(latest), latest.passed ? "practice_begin" : "practice_next");
}

/** @param {string} path @returns {Promise<any>} */
async function ask(path) {
  try {
    return (await call("GET", path)).data;
  } catch (error) {
    if (error instanceof Refused || error instanceof Unreachable) return null;
    throw error;
  }
}

/** A page with one way on: its button, or Enter. @param {HTMLElement} root @param {HTMLElement[]} parts @param {string} label @returns {Promise<void>} */
function turnTo(root, parts, label) {
  return new Promise((resolve) => {
    const leaving = new AbortController();
    const goOn = () => { leaving.abort(); resolve(); };
    const next = h("button", { type: "button", class: "btn btn-primary", id: "practice-next", onclick: goOn }, say(label), h("kbd", { class: "wide-only" }, "↵"));
    root.replaceChildren(h("section", { class: "practice", "aria-label": say("practice_title") }, ...parts, h("p", { class: "practice-foot" }, next)));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.repeat || event.isComposing || document.querySelector("dialog[open], details.menu[open]")) return;
      if (event.target instanceof Element && event.target.closest("a, button, summary, .appbar")) return;
      event.preventDefault();
      goOn();
    }, { signal: leaving.signal });
    window.scrollTo(0, 0);
    /** @type {HTMLElement | null} */ (root.querySelector("h2"))?.focus({ preventScroll: true });
  });
}

/** @param {Assignment} assignment @param {Feedback} found @returns {HTMLElement[]} */
function comparison(assignment, found) {
  const rated = found.ratings.filter((one) => one.distance !== null);
  const same = rated.filter((one) => one.distance === 0).length;
  const near = rated.filter((one) => Math.abs(one.distance ?? 0) <= 1).length;
  const letters = lettersOf(assignment);
  const numbers = turnNumbers(assignment);
  const whole = assignment.paths.filter((path) => path.whole).map((path) => path.responses.at(-1) ?? "");
  const global = new Set(assignment.rubric.dimensions.filter((one) => one.scope === "global").map((one) => one.key));
  const around = h("div", { class: "practice-turns" });
  /** What was judged, to read it again beside the levels. @param {string} title @param {import("./contract.js").Part[]} content */
  const judged = (title, content) => {
    const body = h("div", { class: "practice-text" });
    const fold = h("details", {}, h("summary", {}, title), body);
    fold.addEventListener("toggle", () => {
      if (!fold.open || body.firstChild) return;
      body.append(...renderParts(content));
      covers.cover(body);
    });
    return fold;
  };
  const turns = assignment.turns.map((turn) => {
    const ids = turn.candidates.map((one) => one.id);
    const cards = turn.candidates.map(({ id, content }) => card(say("answer", { letter: letters.get(id) ?? "" }), ratings(found, id, assignment, (key) => !global.has(key)), notesOn(found, id, "local"), judged(say("practice_answer"), content)));
    return group(say("turn", { number: numbers.get(turn.id) ?? 1 }), [...cards, ...pairs(assignment, found, "local", ids, letters)], judged(say("practice_user"), turn.content));
  });
  const names = new Map(whole.map((id, index) => [id, String(index + 1)]));
  const ends = whole.map((id, index) => card(whole.length > 1 ? `${say("path")} ${index + 1}` : say("path"), ratings(found, id, assignment, (key) => global.has(key)), notesOn(found, id, "global")));
  around.append(...[...turns, group(say("whole"), [...ends, ...pairs(assignment, found, "global", whole, names)])].filter((one) => one !== null));
  const covers = new Covers(around, assignment, announce);
  return [
    h("h2", { tabindex: -1 }, say("practice_title")),
    h("p", { class: "practice-sum" }, h("strong", {}, say("practice_same", { number: same, total: rated.length })), " ", say("practice_near", { number: near })),
    ...(found.explanation ? [h("div", { class: "callout prose" }, ...nodesOf(found.explanation))] : []),
    around,
  ];
}

/** @param {string} title @param {(HTMLElement | null)[]} cards @param {HTMLElement} [above] */
function group(title, cards, above) {
  const filled = cards.filter((one) => one !== null);
  return filled.length ? h("section", { class: "practice-turn", "data-group": title, "aria-label": title }, h("h3", {}, title), above ?? null, h("div", { class: "practice-cards" }, ...filled)) : null;
}

/** What differs in full, what is the same folded. @param {string} title @param {Beside[]} rows @param {HTMLElement[]} notes @param {HTMLElement} [judged] */
function card(title, rows, notes, judged) {
  if (!rows.length && !notes.length) return null;
  const same = rows.filter((one) => one.same);
  return h("article", { class: "card practice-card" }, h("h4", {}, title), judged ?? null, ...rows.filter((one) => !one.same).map(line),
    same.length ? h("details", {}, h("summary", {}, `✓ ${say("practice_equal", { number: same.length })}`), ...same.map(line)) : null,
    ...notes);
}

/** @param {Beside} one */
function line(one) {
  const mark = one.same ? "badge-ok" : one.far ? "badge-bad" : "badge-warn";
  return h("div", { class: "beside" }, h("p", { class: "beside-name" }, one.name),
    h("p", { class: "beside-values" }, h("span", { class: "badge" }, `${say("practice_you")} ${one.own}`), " ", h("span", { class: `badge ${mark}` }, `${say("practice_key")} ${one.key}`)),
    one.same || !one.levels.length ? null : h("dl", {}, ...one.levels.flatMap(([level, text]) => [h("dt", {}, level), h("dd", {}, text)])));
}

/** @param {Feedback} found @param {string} response @param {Assignment} assignment @param {(dimension: string) => boolean} wanted @returns {Beside[]} */
function ratings(found, response, { rubric }, wanted) {
  return found.ratings.filter((one) => one.response === response && wanted(one.dimension)).flatMap((one) => {
    const dimension = rubric.dimensions.find((other) => other.key === one.dimension);
    if (!dimension) return [];
    const anchors = textsOf(dimension).anchors;
    const same = one.own !== null && one.own.state === one.key.state && one.own.value === one.key.value;
    const levels = [one.own, one.key].flatMap((level) => (level?.value != null && anchors[level.value]
      ? [/** @type {[string, string]} */ ([signed(level.value), anchors[level.value]])] : []));
    return [{ name: `${dimension.code} ${textsOf(dimension).name}`, same, far: Math.abs(one.distance ?? FAR) >= FAR, own: level(one.own), key: level(one.key), levels }];
  });
}

/** @param {Level | null} given */
function level(given) {
  if (!given) return "–";
  if (given.state === "unable") return "?";
  return given.value === null ? say("not_applicable_short") : signed(given.value);
}

/** Preferences as this person was shown the pair. @param {Assignment} assignment @param {Feedback} found @param {string} scope @param {string[]} ids @param {Map<string, string>} letters */
function pairs({ pairs: shown, rubric }, found, scope, ids, letters) {
  const cards = shown.filter((pair) => pair.scope === scope && pair.responses.every((id) => ids.includes(id))).map(({ responses: [left, right] }) => {
    const names = /** @type {[string, string]} */ ([letters.get(left) ?? "", letters.get(right) ?? ""]);
    const here = found.comparisons.filter((one) => one.scope === scope && [one.left, one.right].every((id) => id === left || id === right));
    const rows = here.map((one) => {
      const turn = one.left === left ? 1 : -1;
      /** @param {number | null} value */
      const words = (value) => (value === null ? "–" : preferenceText(value * turn, names, rubric.preference_scale));
      const opposite = one.own !== null && Math.sign(one.own) * Math.sign(one.key) < 0;
      const dimension = rubric.dimensions.find((other) => other.key === one.dimension);
      const name = dimension ? `${dimension.code} ${textsOf(dimension).name}` : say("which_better", { left: names[0], right: names[1] });
      return { name, same: one.own === one.key, far: opposite, own: words(one.own), key: words(one.key), levels: /** @type {[string, string][]} */ ([]) };
    });
    const notes = found.notes.filter((one) => one.scope === scope && one.pair?.every((id) => id === left || id === right)).map(note);
    return { name: [...names].sort().join(" / "), card: card(names.join(" / "), rows, notes) };
  });
  return cards.sort((one, other) => one.name.localeCompare(other.name)).map((one) => one.card);
}

/** @param {Feedback} found @param {string} response @param {string} scope */
function notesOn(found, response, scope) {
  return found.notes.filter((one) => one.response === response && one.scope === scope).map(note);
}

/** @param {KeyNote} one */
function note(one) {
  return h("div", { class: "practice-why" }, h("p", { class: "small muted" }, say("practice_why")), h("div", { class: "prose" }, ...nodesOf(one.html)));
}

/** How an attempt came out. @param {Attempt} attempt @returns {HTMLElement[]} */
function result(attempt) {
  const off = attempt.dimensions.filter((one) => one.distance > 0).slice(0, MOST_OFF);
  return [
    h("h2", { tabindex: -1 }, say(attempt.passed ? "passed_title" : "failed_title")),
    h("p", { class: `callout callout-${attempt.passed ? "ok" : "warn"}` }, h("strong", {}, attempt.kappa === null ? say("kappa_none") : say("kappa_is", { kappa: number(attempt.kappa), words: strength(attempt.kappa) })),
      " ", say("kappa_needed", { mark: number(attempt.pass_mark), ratings: attempt.ratings })),
    h("p", { class: "muted" }, say("kappa_means")),
    ...(off.length ? [h("h3", {}, say("most_off")), h("ul", {}, ...off.map((one) => h("li", {}, offLine(one))))] : []),
    h("p", {}, say(attempt.passed ? "passed_next" : "failed_next")),
    h("section", {}, h("h3", {}, say("practice_title")), ...attempt.assignments.map(item)),
  ];
}

/** An item of an attempt that is over, fetched when it is unfolded. @param {string} id @param {number} index */
function item(id, index) {
  const body = h("div", {});
  const fold = h("details", { class: "fold practice-item" }, h("summary", {}, say("exam_item", { number: index + 1 })), body);
  fold.addEventListener("toggle", async () => {
    if (!fold.open || body.firstChild) return;
    const [assignment, found] = await Promise.all([ask(`assignments/${id}`), ask(`assignments/${id}/feedback`)]);
    const [, ...parts] = assignment && found ? comparison(assignment, found) : [null, h("p", {}, say("unreachable"))];
    if (!body.firstChild) body.append(...parts.filter((one) => one !== null));
  });
  return fold;
}

/**
 * How the last attempt came out, on the page that says that practice comes first; not passed takes the place of its words.
 *
 * @param {HTMLElement} root @param {string} slug @param {() => boolean} wanted whether the page is still there
 */
export async function showStanding(root, slug, wanted) {
  const { latest } = await ask(`projects/${slug}/qualification`) ?? {};
  if (!latest || !wanted()) return;
  const [title, ...parts] = result(latest);
  const heading = root.querySelector("h2");
  if (heading && !latest.passed) {
    heading.nextElementSibling?.remove();
    heading.replaceWith(title);
  }
  root.firstElementChild?.append(h("div", { class: "practice" }, ...parts));
}

/** @param {DimensionResult} one */
function offLine(one) {
  const lean = one.lean > 0.25 ? "lean_high" : one.lean < -0.25 ? "lean_low" : "lean_none";
  return say(lean, { name: one.name, steps: one.distance.toFixed(1) });
}

/** In the words of Landis and Koch (1977). @param {number} kappa */
function strength(kappa) {
  return say(kappa > 0.8 ? "kappa_5" : kappa > 0.6 ? "kappa_4" : kappa > 0.4 ? "kappa_3" : kappa > 0.2 ? "kappa_2" : "kappa_1");
}

/** Two places, cut off rather than rounded: 0.499 is not 0.50. @param {number} value */
function number(value) {
  return (Math.floor(value * 100 + 1e-9) / 100).toFixed(2).replace("-", "−");
}
