/**
 * What becomes of work that the server does not take as it is: merged with another tab's and sent again, brought back
 * to the person with what is wrong, or, when it is no longer theirs, kept with its texts until they put it away.
 *
 * The screen that this serves (named by its parts: modules must not import one another in a circle, in types either).
 *
 * @typedef {{ keeper: DraftKeeper | null, screen: import("./screen.js").Screen | null, last: string | null,
 *   outbox: import("./outbox.js").Outbox, ahead: import("./ahead.js").Ahead, clock: import("./activity.js").ActiveTime,
 *   left: Left, show: (assignment: Assignment, over: Lists) => void, next: () => Promise<void>,
 *   setBusy: (busy: boolean) => void }} Bench
 * @typedef {Map<string, { keeper: DraftKeeper, required: string[] }>} Left
 * @typedef {import("./contract.js").Assignment} Assignment
 * @typedef {import("./contract.js").Lists} Lists
 * @typedef {import("./draft.js").DraftKeeper} DraftKeeper
 * @typedef {import("./outbox.js").Entry} Entry
 */
import { Answers } from "./answers.js";
import { call, Refused, Unreachable } from "./api.js";
import { byId } from "./dom.js";
import { showKept, textsIn } from "./kept.js";
import { announce, showTrouble } from "./status.js";
import { say } from "./texts.js";

const OVER = { submitted: "already_submitted", skipped: "skipped", lapsed: "lease_taken" };
const LISTED = 4;

export class Returning {
  /** @param {Bench} bench */
  constructor(bench) {
    this.bench = bench;
  }

  /** Show answers that will not count, until the person has put them away. @param {Entry} entry */
  showKept(entry) {
    showKept(byId("kept"), entry.refused ?? "", textsIn(JSON.parse(entry.body)), () => this.bench.outbox.remove(entry));
  }

  /** A submission was refused: put it right or away. @param {Entry} entry @param {Refused} error */
  async refused(entry, error) {
    if (error.status === 404) return this.keep(entry, "gone");
    if (Object.values(OVER).includes(error.code)) return this.keep(entry, error.code);
    const { data } = await call("GET", `assignments/${entry.assignment}`);
    const over = OVER[/** @type {keyof typeof OVER} */ (data.status)];
    if (over) return this.keep(entry, over);
    const isStale = ["draft_stale", "lease_stale"].includes(error.code);
    if (isStale && await this.merged(entry, data)) return;
    this.bringBack(entry, data, isStale ? [] : error.problems);
    await this.bench.outbox.remove(entry);
  }

  /**
   * Take in what another tab stored, and send again if it changed nothing that was changed here too.
   *
   * @param {Entry} entry
   * @param {Assignment} data
   */
  async merged(entry, data) {
    const left = this.bench.left.get(entry.assignment);
    if (!left) return false;
    const { keeper, required } = left;
    const theirs = keeper.answers.read(data.draft.body ?? {});
    if (keeper.answers.clashes(theirs).length) return false;
    keeper.answers.merge(theirs, null);
    if (required.some((key) => keeper.answers.get(key) === undefined)) return false;
    keeper.lease = data.lease.number;
    keeper.sequence = data.draft.sequence;
    await this.bench.outbox.replace(entry, keeper.submission());
    return true;
  }

  /** Show a task again with the answers that were sent and what is the matter with them. @param {Entry} entry @param {Assignment} data @param {import("./contract.js").Problem[]} problems */
  bringBack(entry, data, problems) {
    const { bench } = this;
    const body = JSON.parse(entry.body);
    const sent = new Answers(data.pairs);
    for (const [key, value] of sent.read(body)) sent.put(key, value);
    const stored = new Answers(data.pairs).read(data.draft.body ?? {});
    const differing = [...new Set([...sent.controls.keys(), ...stored.keys()])].filter((key) => JSON.stringify(sent.get(key)) !== JSON.stringify(stored.get(key)));
    void bench.keeper?.save();
    bench.ahead.drop();
    bench.last = bench.last === entry.assignment ? null : bench.last;
    bench.show(data, body);
    bench.clock.catchUp(body.active_ms);
    this.bench.left.delete(entry.assignment);
    const { screen } = bench;
    if (!screen) return;
    if (problems.length) {
      const elsewhere = screen.showProblems(problems, sent.write().places);
      return showTrouble([say("brought_back"), ...elsewhere.map((one) => one.detail)]);
    }
    const names = differing.map((key) => placeOf(screen.rows.get(key))).filter(Boolean);
    if (differing[0]) screen.go(differing[0]);
    showTrouble([say("changed_elsewhere", { places: [...names.slice(0, LISTED), ...(names.length > LISTED ? ["…"] : [])].join("; ") })]);
  }

  /** The submission will not count: show what was written in it. @param {Entry} entry @param {string} code */
  async keep(entry, code) {
    const { outbox } = this.bench;
    this.bench.left.delete(entry.assignment);
    if (this.bench.last === entry.assignment) this.bench.last = null;
    await outbox.refuse(entry, code);
    this.showKept(entry);
  }

  /** The task was closed before the person began: it goes back, unless they began meanwhile. @param {DraftKeeper} keeper */
  async withdrawn(keeper) {
    const { bench } = this;
    if (!untouched(keeper)) return showTrouble([say("withdrawn_begun")]);
    bench.setBusy(true);
    try {
      await call("POST", `assignments/${keeper.id}/give-back`, "{}");
    } catch (error) {
      bench.setBusy(false);
      if (error instanceof Refused || error instanceof Unreachable) return;
      throw error;
    }
    await keeper.forget();
    bench.clock.stop();
    await bench.next();
    showTrouble([say("withdrawn")]);
    announce(say("withdrawn"));
  }

  /** The task in work is no longer ours. @param {DraftKeeper} keeper @param {string} code @param {Lists} [theirs] what another tab submitted */
  async lost(keeper, code, theirs) {
    const { bench } = this;
    if (bench.keeper !== keeper) return;
    if (code === "withdrawn") return this.withdrawn(keeper);
    if (bench.last === keeper.id) bench.last = null;
    const body = keeper.submission();
    const known = new Set(theirs ? textsIn(theirs) : []);
    const lost = textsIn(JSON.parse(body)).some((text) => !known.has(text));
    if (lost) {
      this.showKept(await bench.outbox.add(keeper.id, body, code));
    }
    await keeper.forget();
    bench.clock.stop();
    await bench.next();
    if (!lost) showTrouble([say(`lost_${code in LOST ? code : "gone"}`)]);
  }
}

/** Whether nothing was answered or typed. @param {DraftKeeper} keeper */
const untouched = ({ answers }) => answers.controls.size === 0;

const LOST = { lease_taken: 1, already_submitted: 1, skipped: 1 };

/** Where a control stands, in words. @param {HTMLElement | undefined} row */
function placeOf(row) {
  const name = row?.querySelector(".question-name, .label")?.textContent;
  return name ? `${row?.closest("section")?.getAttribute("aria-label") ?? ""} · ${name}` : "";
}
