/** The assignment as elements: turns like a chat, candidates side by side with their rows, then the whole. */
import { h } from "./dom.js";
import { candidateNotes, folded, pairNote, wholeNote } from "./notes.js";
import { renderParts } from "./parts.js";
import { letter, lettersOf, turnNumbers, WHOLE } from "./questions.js";
import { renderRow } from "./rows.js";
import { stepList } from "./steps.js";
import { say } from "./texts.js";
import { wholePaths } from "./whole.js";

/**
 * @typedef {import("./contract.js").Assignment} Assignment
 * @typedef {import("./contract.js").Question} Question
 * @typedef {import("./contract.js").Turn} Turn
 * @typedef {{ assignment: Assignment, questions: Question[], letters: Map<string, string>, numbers: Map<string, number>,
 *   required: Set<string> }} Scene   `required`: keys of the texts that may not be left out
 */

/**
 * @param {Assignment} assignment
 * @param {Question[]} questions
 * @returns {HTMLElement[]}
 */
export function renderAssignment(assignment, questions) {
  const scene = { assignment, questions, letters: lettersOf(assignment), numbers: turnNumbers(assignment),
    required: new Set(questions.flatMap((one) => (one.kind === "note" ? [one.key] : []))) };
  return [...assignment.turns.map((turn) => renderTurn(scene, turn)), ...renderWhole(scene)];
}

/** @param {Scene} scene @param {Turn} turn */
function renderTurn(scene, turn) {
  const columns = turn.candidates.map((candidate, index) => {
    const name = scene.letters.get(candidate.id) ?? "";
    return column([
      h("header", { class: "candidate-head" }, h("h3", { class: "speaker" }, h("span", { class: "letter" }, name), say("answer", { letter: name })), continues(scene, candidate.id)),
      h("div", { class: "message" }, ...renderParts(candidate.content)),
    ], [...steps(scene, candidate), ...rows(scene, turn.id, index), candidateNotes(candidate, name, scene.required)], index);
  });
  const label = say("turn", { number: scene.numbers.get(turn.id) ?? 1 });
  return h("section", { class: "turn", "data-group": turn.id, "aria-label": label },
    h("header", { class: "turn-head" }, h("h2", { tabindex: -1 }, label), follows(scene, turn)),
    h("div", { class: "message message-user" }, h("p", { class: "speaker" }, h("span", { class: "speaker-mark", "aria-hidden": "true" }, say("user").slice(0, 1)), say("user")), ...renderParts(turn.content)),
    candidates(columns),
    ...comparisons(scene, turn.id));
}

/** @param {Scene} scene */
function renderWhole(scene) {
  const paths = scene.assignment.paths.filter((path) => path.whole);
  const inside = scene.questions.some((one) => one.group === WHOLE);
  if (!paths.length || !inside) return [];
  const read = wholePaths(scene, paths);
  const columns = paths.map((path, index) => column([
    h("header", { class: "candidate-head" }, h("h3", { class: "speaker" }, paths.length > 1 ? h("span", { class: "letter" }, index + 1) : null, say("path")), route(scene, path)),
    ...read.columns[index],
  ], [...rows(scene, WHOLE, index), wholeNote(path.responses.at(-1) ?? "", say("remark"), scene.required)], index));
  return [h("section", { class: "turn turn-whole", "data-group": WHOLE, "aria-label": say("whole") },
    h("header", { class: "turn-head" }, h("h2", { tabindex: -1 }, say("whole"))),
    h("p", { class: "muted" }, say("whole_hint")), read.same, candidates(columns), ...comparisons(scene, WHOLE))];
}

/**
 * One candidate: what it says, and what is asked about it. Side by side, these share the heights of their rows.
 *
 * @param {HTMLElement[]} said
 * @param {HTMLElement[]} asked
 * @param {number} index
 */
function column(said, asked, index) {
  const element = h("article", { class: "candidate", "data-column": index }, ...said, h("div", { class: "judging" }, ...asked));
  element.style.gridRow = `span ${said.length + asked.length}`;
  return element;
}

/** @param {HTMLElement[]} columns */
function candidates(columns) {
  return h("div", { class: "candidates", "data-count": columns.length }, ...columns);
}

/** The steps of an answer, where the batch labels them. @param {Scene} scene @param {import("./contract.js").Candidate} candidate */
function steps({ assignment, questions }, candidate) {
  return assignment.step_labels ? [stepList(questions.flatMap((one) => (one.kind === "step" && one.response === candidate.id ? [one] : [])))] : [];
}

/** @param {Scene} scene @param {string} group @param {number} index */
function rows({ questions, assignment }, group, index) {
  return questions.flatMap((one) => (one.kind === "rating" && one.group === group && one.column === index ? [renderRow(one, assignment.rubric)] : []));
}

/** Every pair of a group: the overall comparison, the ones per dimension and the reason folded. @param {Scene} scene @param {string} group */
function comparisons({ questions, assignment, required }, group) {
  const here = questions.flatMap((one) => (one.kind === "comparison" && one.group === group ? [one] : []));
  const pairs = [...new Set(here.map((one) => one.pair))];
  return pairs.map((pair) => {
    const [overall, ...others] = here.filter((one) => one.pair === pair);
    const reason = pairNote(pair, required);
    const must = reason.matches(".question");
    const more = [...others.map((one) => renderRow(one, assignment.rubric)), ...(must ? [] : [reason])];
    return h("div", { class: "comparison card" }, renderRow(overall, assignment.rubric), must ? reason : null,
      more.length ? folded(say(must ? "more_comparisons_only" : others.length ? "more_comparisons" : "reason"), more) : null);
  });
}

/** Which answer a turn follows, where there was a choice. @param {Scene} scene @param {Turn} turn */
function follows({ assignment, letters, numbers }, turn) {
  const above = assignment.turns.find((one) => one.candidates.some((candidate) => candidate.id === turn.parent));
  if (!above || !turn.parent || above.candidates.length < 2) return null;
  return h("span", {}, say("follows", { number: numbers.get(above.id) ?? 1, letter: letters.get(turn.parent) ?? "" }));
}

/** @param {Scene} scene @param {string} response */
function continues({ assignment }, response) {
  const owner = assignment.turns.find((one) => one.candidates.some((candidate) => candidate.id === response));
  const followed = assignment.turns.some((turn) => turn.parent === response);
  return followed && owner && owner.candidates.length > 1 ? h("span", { class: "badge badge-accent" }, say("continues")) : null;
}

/** The answers a path goes through. @param {Scene} scene @param {import("./contract.js").Path} path */
function route({ letters }, path) {
  const steps = path.responses.map((id) => h("span", { class: "route-step" }, letters.get(id) ?? letter(0)));
  return h("span", { class: "route", role: "img", "aria-label": say("route", { letters: path.responses.map((id) => letters.get(id)).join(", ") }) }, ...steps);
}
