/**
 * What an assignment asks, in the order in which the screen shows it. Pure: from the server's answer to a flat list.
 *
 * @typedef {import("./contract.js").Assignment} Assignment
 * @typedef {import("./contract.js").Question} Question
 * @typedef {import("./contract.js").ComparisonQuestion} ComparisonQuestion
 * @typedef {import("./contract.js").Dimension} Dimension
 * @typedef {import("./contract.js").Pair} Pair
 * @typedef {import("./contract.js").Scope} Scope
 */

export const WHOLE = "whole";

/** @param {string} response @param {string} dimension */
export const ratingKey = (response, dimension) => `r|${response}|${dimension}`;

/** @param {Scope} scope @param {string} left @param {string} right @param {string | null} dimension */
export const comparisonKey = (scope, left, right, dimension) => `c|${scope}|${left}|${right}|${dimension ?? ""}`;

/**
 * @param {import("./contract.js").NoteKind} kind
 * @param {Scope} scope
 * @param {string | [string, string]} target a response, or a pair
 * @param {{ dimension?: string | null, image?: string | null }} [more]
 */
export const noteKey = (kind, scope, target, { dimension = null, image = null } = {}) =>
  `n|${kind}|${scope}|${Array.isArray(target) ? target.join("~") : target}|${dimension ?? ""}|${image ?? ""}`;

/** A, B, C … @param {number} index */
export const letter = (index) => String.fromCharCode(65 + index);

/**
 * The letter of every response within its turn.
 *
 * @param {Assignment} assignment
 * @returns {Map<string, string>}
 */
export function lettersOf(assignment) {
  return new Map(assignment.turns.flatMap((turn) => turn.candidates.map((one, index) => [one.id, letter(index)])));
}

/**
 * How deep each turn stands in the conversation, counted from 1.
 *
 * @param {Assignment} assignment
 * @returns {Map<string, number>}
 */
export function turnNumbers(assignment) {
  const turnOf = new Map(assignment.turns.flatMap((turn) => turn.candidates.map((one) => [one.id, turn])));
  /** @param {import("./contract.js").Turn} turn @returns {number} */
  const depth = (turn) => {
    const above = turn.parent === null ? undefined : turnOf.get(turn.parent);
    return above === undefined ? 1 : 1 + depth(above);
  };
  return new Map(assignment.turns.map((turn) => [turn.id, depth(turn)]));
}

/**
 * All questions, turn by turn (candidates, then their comparisons), then the whole paths.
 *
 * @param {Assignment} assignment
 * @returns {Question[]}
 */
export function questionsOf(assignment) {
  const { rubric, turns, paths, pairs } = assignment;
  const letters = lettersOf(assignment);
  const local = rubric.dimensions.filter((one) => one.scope === "local");
  const global = rubric.dimensions.filter((one) => one.scope === "global");
  const whole = paths.filter((path) => path.whole).map((path) => path.responses.at(-1) ?? "");
  const wholeLetters = new Map(whole.map((id, index) => [id, String(index + 1)]));
  return [
    ...turns.flatMap((turn) => {
      const ids = turn.candidates.map((one) => one.id);
      const here = pairs.filter((pair) => pair.scope === "local" && pair.responses.every((id) => ids.includes(id)));
      return [...ratings(assignment, ids, local, turn.id), ...comparisons(here, local, letters, turn.id)];
    }),
    ...ratings(assignment, whole, global, WHOLE),
    ...comparisons(pairs.filter((pair) => pair.scope === "global"), global, wholeLetters, WHOLE),
  ];
}

/**
 * @param {Assignment} assignment
 * @param {string[]} responses
 * @param {Dimension[]} dimensions
 * @param {string} group
 * @returns {Question[]}
 */
function ratings({ asks, image_notices: notices }, responses, dimensions, group) {
  const asked = asks && new Set(asks.flatMap((one) => (one.kind === "rating" ? [ratingKey(one.response, one.dimension)] : [])));
  const rules = new Map(notices.map((one) => [ratingKey(one.response, one.dimension), one.rule]));
  return responses.flatMap((response, column) => dimensions.flatMap((dimension) => {
    const key = ratingKey(response, dimension.key);
    if (asked && !asked.has(key)) return [];
    return [{ key, kind: /** @type {const} */ ("rating"), scope: dimension.scope, group, column, columns: responses.length,
      required: true, response, dimension, rule: rules.get(key) ?? "" }];
  }));
}

/**
 * @param {Pair[]} pairs
 * @param {Dimension[]} dimensions
 * @param {Map<string, string>} letters
 * @param {string} group
 * @returns {ComparisonQuestion[]}
 */
function comparisons(pairs, dimensions, letters, group) {
  return pairs.flatMap((pair) => {
    const [left, right] = pair.responses;
    const offered = dimensions.filter((one) => pair.dimensions.includes(one.key));
    return [null, ...offered].map((dimension) => ({
      key: comparisonKey(pair.scope, left, right, dimension?.key ?? null), kind: /** @type {const} */ ("comparison"),
      scope: pair.scope, group, column: 0, columns: 1, required: pair.required && dimension === null, pair, dimension,
      letters: /** @type {[string, string]} */ ([letters.get(left) ?? "", letters.get(right) ?? ""]),
    }));
  });
}
