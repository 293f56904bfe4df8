/**
 * What an assignment asks, in the order in which the screen shows it. Pure: from the server's answer to a flat list.
 *
 * @typedef {import("./contract.js").Assignment} Assignment
 * @typedef {import("./contract.js").Question} Question
 * @typedef {import("./contract.js").Dimension} Dimension
 * @typedef {import("./contract.js").Pair} Pair
 * @typedef {import("./contract.js").Scope} Scope
 */
import { say } from "./texts.js";

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

/** @param {string} response @param {number} index */
export const stepKey = (response, index) => `s|${response}|${index}`;

/** How many turns were shown, in a task that is answered turn by turn. */
export const SEEN = "t|seen";

/** The dimension that a question is about, if it is about one. @param {Question | undefined} question */
export const dimensionOf = (question) => (question && "dimension" in question ? question.dimension : null);

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
 * "Turn 2", or "The whole conversation".
 *
 * @param {Assignment} assignment
 * @param {string} group
 */
export function placeOf(assignment, group) {
  return group === WHOLE ? say("whole") : say("turn", { number: turnNumbers(assignment).get(group) ?? 1 });
}

/**
 * All questions, turn by turn (candidates with their steps, ratings and required texts, then their comparisons), then the whole paths.
 *
 * @param {Assignment} assignment
 * @returns {Question[]}
 */
export function questionsOf(assignment) {
  const { rubric, turns, paths, pairs } = assignment;
  const letters = lettersOf(assignment);
  const scene = sceneOf(assignment);
  const local = rubric.dimensions.filter((one) => one.scope === "local");
  const global = rubric.dimensions.filter((one) => one.scope === "global");
  const whole = paths.filter((path) => path.whole).map((path) => path.responses.at(-1) ?? "");
  const wholeLetters = new Map(whole.map((id, index) => [id, String(index + 1)]));
  const steps = new Map(turns.flatMap((turn) => turn.candidates.map((one) => [one.id, one.steps ?? []])));
  return [
    ...turns.flatMap((turn) => {
      const ids = turn.candidates.map((one) => one.id);
      const here = pairs.filter((pair) => pair.scope === "local" && pair.responses.every((id) => ids.includes(id)));
      return [...candidates(scene, ids, local, turn.id, steps), ...comparisons(scene, here, local, letters, turn.id)];
    }),
    ...candidates(scene, whole, global, WHOLE, new Map()),
    ...comparisons(scene, pairs.filter((pair) => pair.scope === "global"), global, wholeLetters, WHOLE),
  ];
}

/**
 * @typedef {{ asked: Set<string> | null, rules: Map<string, string>, texts: Set<string> }} Scene
 * @param {Assignment} assignment
 * @returns {Scene}
 */
function sceneOf({ asks, image_notices: notices, required_texts: texts }) {
  return {
    asked: asks && new Set(asks.flatMap((one) => (one.kind === "rating" ? [ratingKey(one.response, one.dimension)] : []))),
    rules: new Map(notices.map((one) => [ratingKey(one.response, one.dimension), one.rule])),
    texts: new Set(texts),
  };
}

/**
 * What is asked about each response by itself: its steps, its ratings, the texts that it may not lack. Nothing about one
 * that a narrowed task does not ask about.
 *
 * @param {Scene} scene
 * @param {string[]} responses
 * @param {Dimension[]} dimensions
 * @param {string} group
 * @param {Map<string, string[]>} steps
 * @returns {Question[]}
 */
function candidates({ asked, rules, texts }, responses, dimensions, group, steps) {
  return responses.flatMap((response, column) => {
    const shared = { group, column, columns: responses.length, response };
    const ratings = dimensions.flatMap((dimension) => {
      const key = ratingKey(response, dimension.key);
      if (asked && !asked.has(key)) return [];
      return [{ ...shared, key, kind: /** @type {const} */ ("rating"), scope: dimension.scope, required: true, dimension, rule: rules.get(key) ?? "" }];
    });
    if (!ratings.length) return [];
    const scope = ratings[0].scope;
    const cut = steps.get(response) ?? [];
    const kinds = /** @type {import("./contract.js").NoteKind[]} */ (scope === "global" ? ["critique"] : ["critique", "refinement"]);
    return [
      ...cut.map((html, index) => ({ ...shared, key: stepKey(response, index), kind: /** @type {const} */ ("step"), scope, required: false, index, count: cut.length, html })),
      ...ratings,
      ...kinds.filter((note) => texts.has(scope === "global" ? "remark" : note))
        .map((note) => ({ ...shared, key: noteKey(note, scope, response), kind: /** @type {const} */ ("note"), scope, required: true, letters: null, note })),
    ];
  });
}

/**
 * @param {Scene} scene
 * @param {Pair[]} pairs
 * @param {Dimension[]} dimensions
 * @param {Map<string, string>} letters
 * @param {string} group
 * @returns {Question[]}
 */
function comparisons({ texts }, pairs, dimensions, letters, group) {
  return pairs.flatMap((pair) => {
    const [left, right] = pair.responses;
    const offered = dimensions.filter((one) => pair.dimensions.includes(one.key));
    const shared = { scope: pair.scope, group, column: 0, columns: 1, letters: /** @type {[string, string]} */ ([letters.get(left) ?? "", letters.get(right) ?? ""]) };
    const [overall, ...others] = [null, ...offered].map((dimension) => ({
      ...shared, key: comparisonKey(pair.scope, left, right, dimension?.key ?? null), kind: /** @type {const} */ ("comparison"),
      required: pair.required && dimension === null, pair, dimension,
    }));
    if (!texts.has("reason") || !pair.required) return [overall, ...others];
    const key = noteKey("reason", pair.scope, pair.responses);
    return [overall, { ...shared, key, kind: /** @type {const} */ ("note"), required: true, response: null, note: /** @type {const} */ ("reason") }, ...others];
  });
}
