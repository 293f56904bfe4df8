/**
 * What the server has not acknowledged yet, by person and assignment, in IndexedDB. Erased as soon as it
 * is acknowledged. Where the browser has no IndexedDB (some private windows) nothing is kept.
 *
 * @typedef {{ person: string, assignment: string, controls: Record<string, unknown>, at: number }} Unsent
 */

const DATABASE = "annotate";
const STORE = "unsent";

/** @returns {Promise<IDBDatabase | null>} */
function open() {
  return new Promise((resolve) => {
    if (!("indexedDB" in globalThis)) return resolve(null);
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ["person", "assignment"] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  });
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T | undefined>}
 */
async function within(mode, act) {
  const database = await open();
  if (!database) return undefined;
  return new Promise((resolve) => {
    const transaction = database.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => { database.close(); resolve(request.result); };
    transaction.onerror = () => { database.close(); resolve(undefined); };
    transaction.onabort = () => { database.close(); resolve(undefined); };
  });
}

/** @param {string} person */
const everything = (person) => IDBKeyRange.bound([person], [person, []]);

/**
 * @param {string} person
 * @param {string} assignment
 * @param {Record<string, unknown>} controls
 */
export async function keepUnsent(person, assignment, controls) {
  await within("readwrite", (store) => store.put({ person, assignment, controls, at: Date.now() }));
}

/**
 * @param {string} person
 * @param {string} assignment
 * @returns {Promise<Unsent | undefined>}
 */
export async function readUnsent(person, assignment) {
  return within("readonly", (store) => store.get([person, assignment]));
}

/**
 * @param {string} person
 * @param {string} assignment
 */
export async function dropUnsent(person, assignment) {
  await within("readwrite", (store) => store.delete([person, assignment]));
}

/**
 * @param {string} person
 * @returns {Promise<number>}
 */
export async function countUnsent(person) {
  return (await within("readonly", (store) => store.count(everything(person)))) ?? 0;
}

/** @param {string} person */
export async function forgetUnsent(person) {
  await within("readwrite", (store) => store.delete(everything(person)));
}
