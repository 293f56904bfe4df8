/**
 * The answers to one assignment, control by control: set, undo, merge, and turn into the lists the server takes.
 *
 * @typedef {import("./contract.js").Value} Value
 * @typedef {import("./contract.js").Controls} Controls
 * @typedef {import("./contract.js").Lists} Lists
 * @typedef {import("./contract.js").Pair} Pair
 */
import { comparisonKey, noteKey, ratingKey, SEEN, stepKey } from "./questions.js";

/** @param {Value | undefined} one @param {Value | undefined} other */
const same = (one, other) => one === other || (one !== undefined && JSON.stringify(one) === JSON.stringify(other));

export class Answers {
  /** @param {Pair[]} pairs as shown: stored comparisons are turned to this orientation */
  constructor(pairs) {
    this.pairs = pairs;
    /** @type {Controls} */
    this.controls = new Map();
    /** What the server has acknowledged; the difference is what is unsent. @type {Controls} */
    this.acknowledged = new Map();
    /** @type {{ key: string, before: Value | undefined }[]} */
    this.past = [];
    /** Controls that differ from what the server has. @type {Set<string>} */
    this.changed = new Set();
    this.version = 0;
    /** @type {((key: string) => void)[]} */
    this.listeners = [];
  }

  /** @param {(key: string) => void} listener called after a control changed */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /** @param {string} key */
  get(key) {
    return this.controls.get(key);
  }

  /**
   * Change a control; undefined and "" clear it. Typing in one text counts as one step to undo.
   *
   * @param {string} key
   * @param {Value | undefined} value
   */
  set(key, value) {
    const before = this.controls.get(key);
    const after = value === "" ? undefined : value;
    if (same(before, after)) return;
    const typing = typeof (after ?? before) === "string" && this.past.at(-1)?.key === key;
    if (!typing) this.past.push({ key, before });
    this.put(key, after);
  }

  /** Take back the last change; returns the control that it was. */
  undo() {
    const last = this.past.pop();
    if (last) this.put(last.key, last.before);
    return last?.key;
  }

  /**
   * @param {string} key
   * @param {Value | undefined} value
   */
  put(key, value) {
    if (same(this.controls.get(key), value)) return;
    // What another tab, or this browser's store, has seen less of does not close a turn again.
    if (key === SEEN && Number(value ?? 0) < Number(this.controls.get(key) ?? 0)) return;
    if (value === undefined) this.controls.delete(key);
    else this.controls.set(key, value);
    this.version += 1;
    if (same(value, this.acknowledged.get(key))) this.changed.delete(key);
    else this.changed.add(key);
    for (const listener of this.listeners) listener(key);
  }

  /** The controls that differ from what the server has; null stands for a cleared one. */
  unsent() {
    /** @type {Record<string, Value | null>} */
    const unsent = {};
    for (const key of this.changed) unsent[key] = this.controls.get(key) ?? null;
    return unsent;
  }

  /** @param {Controls} controls what the server now holds */
  acknowledge(controls) {
    this.acknowledged = new Map(controls);
    const keys = new Set([...this.controls.keys(), ...controls.keys()]);
    this.changed = new Set([...keys].filter((key) => !same(this.controls.get(key), controls.get(key))));
  }

  /** Every control as these lists have it; those that they leave out are cleared. @param {Lists} lists @returns {Map<string, Value | undefined>} */
  whole(lists) {
    /** @type {Map<string, Value | undefined>} */
    const found = new Map([...this.controls.keys()].map((key) => [key, undefined]));
    for (const [key, value] of this.read(lists)) found.set(key, value);
    return found;
  }

  /** Controls that were changed here and there since both had the same, and not alike. @param {Controls} theirs @returns {string[]} */
  clashes(theirs) {
    return Object.keys(this.unsent()).filter((key) => !same(theirs.get(key), this.acknowledged.get(key)) && !same(theirs.get(key), this.controls.get(key)));
  }

  /**
   * Take in what another tab stored: what was changed here since the last save stays, everything else is theirs.
   *
   * @param {Controls} theirs
   * @param {string | null} held the control in work, which is never changed under the hand
   */
  merge(theirs, held) {
    const mine = this.unsent();
    for (const [key, value] of Object.entries(mine)) {
      // The same text written further there: what was found here is an earlier state of it.
      const further = theirs.get(key);
      if (key !== held && typeof value === "string" && typeof further === "string" && further.startsWith(value)) delete mine[key];
    }
    this.acknowledge(theirs);
    for (const key of new Set([...this.controls.keys(), ...theirs.keys()])) {
      if ((!(key in mine) || key === SEEN) && key !== held && !same(this.controls.get(key), theirs.get(key))) this.put(key, theirs.get(key));
    }
  }

  /**
   * Controls from the lists of a draft.
   *
   * @param {Partial<Lists>} lists
   * @returns {Controls}
   */
  read({ ratings = [], comparisons = [], notes = [], steps = [], seen }) {
    /** @type {Controls} */
    const controls = new Map();
    for (const one of ratings) controls.set(ratingKey(one.response, one.dimension), { value: one.value, state: one.state });
    for (const one of comparisons) {
      const turned = this.pairs.some((pair) => pair.scope === one.scope && pair.responses[0] === one.right && pair.responses[1] === one.left);
      const [left, right] = turned ? [one.right, one.left] : [one.left, one.right];
      controls.set(comparisonKey(one.scope, left, right, one.dimension), turned ? 0 - one.preference : one.preference);
    }
    for (const one of notes) {
      const target = one.response ?? this.asShown(one.scope, /** @type {[string, string]} */ (one.pair));
      controls.set(noteKey(one.kind, one.scope, target, one), one.text);
    }
    for (const one of steps) controls.set(stepKey(one.response, one.index), one.value);
    if (seen !== undefined) controls.set(SEEN, seen);
    return controls;
  }

  /**
   * @param {import("./contract.js").Scope} scope
   * @param {[string, string]} pair
   * @returns {[string, string]}
   */
  asShown(scope, pair) {
    const shown = this.pairs.find((one) => one.scope === scope && one.responses.every((id) => pair.includes(id)));
    return shown?.responses ?? pair;
  }

  /**
   * The lists as the server takes them, and which control each entry came from ("ratings[3]" -> key).
   *
   * @returns {{ lists: Lists, places: Map<string, string> }}
   */
  write() {
    /** @type {Lists} */
    const lists = { ratings: [], comparisons: [], notes: [], steps: [] };
    /** @type {Map<string, string>} */
    const places = new Map();
    for (const [key, value] of this.controls) {
      const name = append(lists, key, value);
      if (name) places.set(`${name}[${lists[name].length - 1}]`, key);
    }
    return { lists, places };
  }
}

/**
 * @param {Lists} lists
 * @param {string} key
 * @param {Value} value
 * @returns {"ratings" | "comparisons" | "notes" | "steps" | null} null: nothing that is submitted
 */
function append(lists, key, value) {
  const [sort, first, second, third, fourth, fifth] = /** @type {any[]} */ (key.split("|"));
  if (sort === "r") {
    lists.ratings.push({ response: first, dimension: second, .../** @type {import("./contract.js").Rating} */ (value) });
    return "ratings";
  }
  if (sort === "c") {
    lists.comparisons.push({ scope: first, left: second, right: third, dimension: fourth || null, preference: Number(value) });
    return "comparisons";
  }
  if (sort === "s") {
    lists.steps.push({ response: first, index: Number(second), value: Number(value) });
    return "steps";
  }
  if (sort === "t") {
    lists.seen = Number(value);
    return null;
  }
  const pair = third.includes("~") ? third.split("~") : null;
  lists.notes.push({ kind: first, scope: second, response: pair ? null : third, pair, dimension: fourth || null,
    image: fifth || null, text: String(value) });
  return "notes";
}
