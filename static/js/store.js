/**
 * This browser's database: one connection, whose transactions run in the order in which they are asked for.
 * Where there is none (some private windows) nothing is kept, and every call answers undefined.
 */

const DATABASE = "annotate";
const VERSION = 2;

/** What each store's rows are found by. */
const STORES = { unsent: ["person", "assignment", "tab"], outbox: ["person", "key"] };

/** @typedef {keyof typeof STORES} StoreName */

/** @type {Promise<IDBDatabase | null> | null} */
let connection = null;

/** @returns {Promise<IDBDatabase | null>} */
function open() {
  return new Promise((resolve) => {
    if (!("indexedDB" in globalThis)) return resolve(null);
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => {
      const database = request.result;
      for (const name of [...database.objectStoreNames]) database.deleteObjectStore(name);
      for (const [name, keyPath] of Object.entries(STORES)) database.createObjectStore(name, { keyPath });
    };
    request.onsuccess = () => {
      const database = request.result;
      database.onclose = () => { connection = null; };
      database.onversionchange = () => { database.close(); connection = null; };
      resolve(database);
    };
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  });
}

/**
 * @template T
 * @param {StoreName} name
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T | undefined>} undefined also when it could not be done
 */
export async function within(name, mode, act) {
  connection ??= open();
  const database = await connection;
  if (!database) return undefined;
  return new Promise((resolve) => {
    try {
      const transaction = database.transaction(name, mode, { durability: "relaxed" });
      const request = act(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => resolve(undefined);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      connection = null; // closed under us: the next call opens it anew
      resolve(undefined);
    }
  });
}

/** Rows whose key begins so. @param {...string} start */
export const beginning = (...start) => IDBKeyRange.bound(start, [...start, []]);
