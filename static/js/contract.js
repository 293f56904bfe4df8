/**
 * What the server sends and takes (/api/docs/), and what the screen makes of it. Types only.
 *
 * @typedef {{ type: "text", text: string, html: string }} TextPart
 * @typedef {{ type: "image", url: string | null, width: number | null, height: number | null, alt: string }} ImagePart
 * @typedef {TextPart | ImagePart} Part
 * @typedef {{ id: string, content: Part[], steps?: string[] }} Candidate   `steps`: HTML, where the batch labels them
 * @typedef {{ id: string, parent: string | null, content: Part[], candidates: Candidate[] }} Turn
 * @typedef {{ id: string, responses: string[], whole: boolean }} Path
 * @typedef {"local" | "global"} Scope
 * @typedef {{ scope: Scope, responses: [string, string], dimensions: string[], required: boolean }} Pair
 * @typedef {{ name: string, question: string, anchors: Record<string, string>, rules: Record<string, string> }} DimensionTexts
 * @typedef {{ key: string, code: string, scope: Scope, minimum: number, maximum: number, image_rule: string,
 *   texts: Record<string, DimensionTexts> }} Dimension
 * @typedef {{ id: string, key: string, version: number, dimensions: Dimension[], preference_scale: number,
 *   tie_allowed: boolean }} Rubric
 * @typedef {{ kind: "rating", response: string, dimension: string }
 *   | { kind: "comparison", scope: Scope, left: string, right: string }} Ask
 * @typedef {{ response: string, dimension: string, rule: string }} ImageNotice
 * @typedef {{ number: number, expires_at: string }} Lease
 * @typedef {{ sequence: number, body: (Partial<Lists> & { active_ms?: number }) | null }} Draft
 * @typedef {{ id: string, status: string, lease: Lease, rubric: Rubric, turns: Turn[], paths: Path[], pairs: Pair[],
 *   image_notices: ImageNotice[], asks: Ask[] | null, draft: Draft,
 *   required_texts: string[], step_labels: boolean, turn_by_turn: boolean, content_warnings: string[],
 *   guideline_version: number, practice: "" | "training" | "qualification", withdrawn: boolean }} Assignment
 *
 * @typedef {"rated" | "defaulted" | "not_applicable" | "unable"} RatingState
 * @typedef {{ response: string, dimension: string, value: number | null, state: RatingState }} RatingAnswer
 * @typedef {{ scope: Scope, left: string, right: string, dimension: string | null, preference: number }} ComparisonAnswer
 * @typedef {"reason" | "critique" | "refinement" | "image"} NoteKind
 * @typedef {{ kind: NoteKind, scope: Scope, response: string | null, pair: [string, string] | null,
 *   dimension: string | null, image: string | null, text: string }} NoteAnswer
 * @typedef {{ response: string, index: number, value: number }} StepAnswer
 * @typedef {{ ratings: RatingAnswer[], comparisons: ComparisonAnswer[], notes: NoteAnswer[],
 *   steps: StepAnswer[], seen?: number }} Lists   `seen`: how many turns were shown (turn by turn), in drafts only
 * @typedef {{ code: string, detail: string, path: string }} Problem
 *
 * A control is one thing that can be answered; its value is what stands under its key:
 * @typedef {{ value: number | null, state: RatingState }} Rating
 * @typedef {Rating | number | string} Value   a rating, a preference as shown (positive: the right side) or a step's mark, a text
 * @typedef {Map<string, Value>} Controls
 *
 * @typedef {{ key: string, kind: "rating", scope: Scope, group: string, column: number, columns: number, required: boolean,
 *   response: string, dimension: Dimension, rule: string }} RatingQuestion
 * @typedef {{ key: string, kind: "comparison", scope: Scope, group: string, column: number, columns: number,
 *   required: boolean, pair: Pair, letters: [string, string], dimension: Dimension | null }} ComparisonQuestion
 * @typedef {{ key: string, kind: "step", scope: Scope, group: string, column: number, columns: number, required: boolean,
 *   response: string, index: number, count: number, html: string }} StepQuestion
 * @typedef {{ key: string, kind: "note", scope: Scope, group: string, column: number, columns: number, required: boolean,
 *   response: string | null, letters: [string, string] | null, note: NoteKind }} NoteQuestion   a text that may not be left out
 * @typedef {RatingQuestion | ComparisonQuestion | StepQuestion | NoteQuestion} Question
 *
 * @typedef {{ dimension: string, value: number, texts: Record<string, { case: string, why: string }> }} WorkedExample
 * @typedef {{ version: number, texts: Record<string, string>, changes: Record<string, string>, examples: WorkedExample[] }} Guideline
 *
 * What stands beside the work may know of it:
 * @typedef {{ slug: string, assignment: () => Assignment | null, current: () => Question | undefined,
 *   giveBack: (reason: string) => Promise<void>, announce: (text: string) => void }} Bench
 */
export {};
