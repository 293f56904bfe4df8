/**
 * Whether somebody's comparisons go against the same person's ratings: flag F0, by the rule of annotate/pipeline/flagging.py.
 * Pure. It looks at nothing but one's own answers, so the screen may ask about it before they are sent.
 *
 * @typedef {import("./contract.js").Question} Question
 * @typedef {import("./contract.js").ComparisonQuestion} ComparisonQuestion
 * @typedef {import("./contract.js").Dimension} Dimension
 * @typedef {import("./contract.js").Value} Value
 * @typedef {{ question: ComparisonQuestion, higher: 0 | 1, means: [number, number] }} Contradiction
 *   `higher`: which of the pair, as shown, is rated higher; the other one is preferred
 */
import { ratingKey } from "./questions.js";

/** From how many levels on a gap is wide: two thirds of the scale, and never below two steps. @param {Dimension} dimension */
const wide = ({ minimum, maximum }) => Math.max(Math.min(2, maximum - minimum), Math.floor(((maximum - minimum) * 2) / 3));

/**
 * A preference is held against the ratings on its dimension, an overall one against all dimensions of its scope at once:
 * the preferred side is better on none of them, and on one the gap is wide.
 *
 * @param {Question[]} questions
 * @param {(key: string) => Value | undefined} given the answer to a question
 * @returns {Contradiction[]} in the order of the questions
 */
export function contradictions(questions, given) {
  const dimensions = new Map(questions.flatMap((one) => (one.kind === "rating" ? [[one.dimension.key, one.dimension]] : [])));
  return questions.flatMap((question) => {
    const preference = question.kind === "comparison" ? Number(given(question.key) ?? 0) : 0;
    if (question.kind !== "comparison" || !preference) return [];
    const compared = question.dimension ? [question.dimension] : [...dimensions.values()].filter((one) => one.scope === question.scope);
    const rated = compared.flatMap((dimension) => {
      const [left, right] = question.pair.responses.map((response) => rating(given(ratingKey(response, dimension.key))));
      return left === null || right === null ? [] : [{ left, right, against: (left - right) * Math.sign(preference), wide: wide(dimension) }];
    });
    if (!rated.some((one) => one.against >= one.wide) || rated.some((one) => one.against < 0)) return [];
    return [{ question, higher: preference > 0 ? 0 : 1, means: [mean(rated.map((one) => one.left)), mean(rated.map((one) => one.right))] }];
  });
}

/** Only a value that somebody gave counts: no default, no “not applicable”. @param {Value | undefined} value @returns {number | null} */
function rating(value) {
  return typeof value === "object" && value.state === "rated" ? value.value : null;
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
