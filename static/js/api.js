/** Speaking with the server: one call, one answer; what went wrong says whether trying again can help. */

/** @typedef {{ status: number, data: any, headers: Headers }} Answer */

/** The server refused: a 4xx with its problems, or a 5xx with none. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {import("./contract.js").Problem[]} problems
   * @param {any} data
   */
  constructor(status, problems, data) {
    super(problems[0]?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.problems = problems;
    this.data = data;
  }

  get code() {
    return this.problems[0]?.code ?? "";
  }

  /** Whether the same call may succeed later. */
  get passing() {
    return this.status >= 500 || this.status === 429;
  }

  /** Whether the person is no longer logged in. */
  get loggedOut() {
    return this.status === 401 || this.status === 403;
  }
}

/** No answer came: offline, or the server is away. */
export class Unreachable extends Error {}

const TIMEOUT_MS = 20_000;

/** How far the server's clock is ahead of this machine's, in milliseconds, as the last answer told. */
let ahead = 0;
let shut = false;

/** An instant that the server named, by this machine's clock. @param {string} instant @returns {number} milliseconds */
export function serverTime(instant) {
  return Date.parse(instant) - ahead;
}

/** While somebody else is logged in in this browser, this page sends nothing in their name. @param {boolean} whether */
export function keepShut(whether) {
  shut = whether;
}

/** @typedef {(method: string, path: string, body: string | null) => Promise<Answer> | null} StandIn */
/** @type {StandIn} */
let standIn = () => null;

/** Let something else answer calls, or null where the server is to. @param {StandIn} given */
export function answerInstead(given) {
  standIn = given;
}

/** Read each time: logging in again in another tab renews it. */
function csrfToken() {
  return document.cookie.match(/(?:^|;\s*)csrftoken=([^;]*)/)?.[1] ?? "";
}

/**
 * @param {string} method
 * @param {string} path below /api/v1/
 * @param {string | null} [body] JSON text
 * @param {{ headers?: Record<string, string>, keepalive?: boolean }} [options]
 * @returns {Promise<Answer>}
 */
export async function call(method, path, body = null, { headers = {}, keepalive = false } = {}) {
  const stood = standIn(method, path, body);
  if (stood) return stood;
  if (shut) throw new Refused(401, [], null);
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method, body, keepalive, credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), ...headers },
    });
  } catch (error) {
    throw new Unreachable(String(error));
  }
  ahead = Date.parse(response.headers.get("Date") ?? "") - Date.now() || 0;
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  const data = response.status === 204 || !isJson ? null : await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, data?.errors ?? [], data);
  return { status: response.status, data, headers: response.headers };
}

/** A random key, also where the page is served without TLS and randomUUID is not to be had. */
export function randomKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
