/**
 * What stands in for the server in a preview: tasks come from the managers' call, and nothing that is written
 * leaves the page. The screen itself does not know of it.
 */
import { answerInstead, call, randomKey, Refused } from "./api.js";
import { byId } from "./dom.js";

/** @typedef {import("./api.js").Answer} Answer */

const { slug = "", batch = "", task = "", conversation = "" } = byId("preview").dataset;
/** What was saved or submitted here, by task. @type {Map<string, { sequence: number, body: any }>} */
const drafts = new Map();
/** What was asked here. @type {import("./thread.js").Thread[]} */
const threads = [];
/** The task that is shown, "" before the first. */
let shown = "";

/** @param {number} status @param {any} data @returns {Answer} */
const answer = (status, data) => ({ status, data, headers: new Headers() });

/** @param {Record<string, string>} wanted */
async function read(wanted) {
  const given = Object.entries({ batch, ...wanted }).filter(([, value]) => value);
  const found = await call("GET", `projects/${slug}/preview?${new URLSearchParams(given)}`);
  if (found.data) found.data.draft = drafts.get(found.data.id) ?? found.data.draft;
  return found;
}

/** The first task, or the one that comes after the one in work. @param {any} body */
async function claim(body) {
  const found = await read(body.after ? { after: body.after } : shown ? { after: shown } : { task, conversation });
  if (found.data && !body.after) shown = found.data.id;
  return found;
}

/** What an annotator would read, and what was asked here before it. @param {string} path */
async function inquiries(path) {
  const found = await call("GET", `${path}?preview`); // another address, which is not answered here
  return answer(200, { ...found.data, own: [...threads, ...found.data.own] });
}

/** @param {string} text @returns {import("./thread.js").Message} */
const message = (text) => ({ id: randomKey(), author: "you", text, created_at: new Date().toISOString() });

/** Talk with the leads and the guidelines, which nobody hears of. @param {string} path @param {any} sent @returns {Answer | null} */
function talk(path, sent) {
  const [, version] = path.match(/\/guidelines\/(\d+)\/seen$/) ?? [];
  if (version) return answer(200, { guideline_seen: Number(version) });
  if (path === `projects/${slug}/inquiries`) {
    threads.unshift({ id: randomKey(), assignment: sent.assignment, dimension: sent.dimension, resolved: false, unseen: false, messages: [message(sent.text)] });
    return answer(201, { id: threads[0].id });
  }
  const [, id, verb] = path.match(/^inquiries\/([^/]+)\/(messages|seen)$/) ?? [];
  if (verb === "messages") threads.find((one) => one.id === id)?.messages.push(message(sent.text));
  return verb ? answer(200, { id, unseen: 0 }) : null;
}

/** @param {string} method @param {string} path @param {string | null} body @returns {Promise<Answer> | null} null: let the call go out */
function standIn(method, path, body) {
  const [, id = "", verb = ""] = path.match(/^assignments\/([^/]+)\/?(.*)$/) ?? [];
  const sent = body ? JSON.parse(body) : {};
  if (path === `projects/${slug}/claim`) return claim(sent);
  if (method === "GET" && path === `projects/${slug}/inquiries`) return inquiries(path);
  if (method === "GET" && verb === "feedback") return Promise.reject(new Refused(404, [], null)); // keys are not shown here
  if (method === "GET") return id && !verb ? read({ task: id }) : null;
  const said = talk(path, sent);
  if (said) return Promise.resolve(said);
  if (verb === "problem") return Promise.resolve(answer(200, { status: "reported" }));
  if (verb === "draft") {
    const sequence = sent.base + 1;
    drafts.set(id, { sequence, body: sent.body });
    return Promise.resolve(answer(200, { sequence, lease: { number: 1, expires_at: new Date(Date.now() + 86_400_000).toISOString() } }));
  }
  if (verb === "submit") {
    shown = id;
    drafts.set(id, { sequence: 1, body: sent });
    return Promise.resolve(answer(200, { id, revision: 1, status: "submitted" }));
  }
  if (verb === "skip") {
    shown = id;
    return Promise.resolve(answer(200, { status: "skipped" }));
  }
  if (verb === "reopen") {
    shown = id;
    return read({ task: id });
  }
  return Promise.reject(new Refused(409, [{ code: "preview", detail: byId("preview").dataset.refusal ?? "", path: "" }], null));
}

answerInstead(standIn);
