/**
 * What the server has not acknowledged yet, by person, assignment and tab. Cheap enough for every key press: while
 * one write is under way only the newest state waits. Erased as soon as it is acknowledged.
 *
 * @typedef {{ person: string, assignment: string, tab: string, controls: Record<string, unknown>, at: number }} Unsent
 */
import { randomKey } from "./api.js";
import { beginning, within } from "./store.js";

const TAB = randomKey();

/** @type {Map<string, Unsent>} */
const waiting = new Map();
/** @type {Promise<void> | null} */
let writing = null;

async function write() {
  for (let next = [...waiting.values()][0]; next; next = [...waiting.values()][0]) {
    const row = next;
    waiting.delete(row.assignment);
    await within("unsent", "readwrite", (store) => store.put(row));
  }
  writing = null;
}

/**
 * @param {string} person
 * @param {string} assignment
 * @param {Record<string, unknown>} controls
 * @returns {Promise<void>} done when the newest state is written
 */
export function keepUnsent(person, assignment, controls) {
  waiting.set(assignment, { person, assignment, tab: TAB, controls, at: Date.now() });
  writing ??= write();
  return writing;
}

/**
 * What all tabs of this browser hold of an assignment, the oldest first.
 *
 * @param {string} person
 * @param {string} assignment
 * @returns {Promise<Unsent[]>}
 */
export async function readUnsent(person, assignment) {
  const rows = await within("unsent", "readonly", (store) => store.getAll(beginning(person, assignment)));
  return (rows ?? []).sort((one, other) => one.at - other.at);
}

/**
 * Erase what this tab holds of an assignment, and of other tabs' rows those that were taken in and are still the same.
 *
 * @param {string} person
 * @param {string} assignment
 * @param {Unsent[]} [taken]
 */
export async function dropUnsent(person, assignment, taken = []) {
  waiting.delete(assignment);
  await within("unsent", "readwrite", (store) => {
    for (const { tab, at } of taken) {
      const found = store.get([person, assignment, tab]);
      found.onsuccess = () => { if (found.result?.at === at) store.delete([person, assignment, tab]); };
    }
    return store.delete([person, assignment, TAB]);
  });
}

/** How many tasks have something that only this browser holds. @param {string} person @returns {Promise<number>} */
export async function countUnsent(person) {
  const unsent = await within("unsent", "readonly", (store) => store.getAll(beginning(person)));
  const outbox = await within("outbox", "readonly", (store) => store.count(beginning(person)));
  return new Set((unsent ?? []).map((one) => one.assignment)).size + (outbox ?? 0);
}

/** @param {string} person */
export async function forgetUnsent(person) {
  for (const name of /** @type {const} */ (["unsent", "outbox"])) await within(name, "readwrite", (store) => store.delete(beginning(person)));
}
