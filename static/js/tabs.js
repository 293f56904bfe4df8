/**
 * What the tabs of one browser tell one another. Each channel belongs to one person (and assignment); what one
 * person writes never reaches another's page.
 */

/** Which person the pages of this browser are shown to; every page says so when it loads. */
export const SESSION = "annotate session";

export class Channel {
  /** @param {string} name @param {(message: any) => void} hear */
  constructor(name, hear) {
    this.channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(name) : null;
    if (this.channel) this.channel.onmessage = (event) => hear(event.data);
  }

  /** @param {unknown} message */
  tell(message) {
    this.channel?.postMessage(message);
  }

  close() {
    this.channel?.close();
    this.channel = null;
  }
}

/** Tell the other tabs that an assignment is over. @param {string} person @param {string} assignment @param {string} over @param {import("./contract.js").Lists} [lists] */
export function tellOver(person, assignment, over, lists) {
  const channel = new Channel(`annotate ${person} ${assignment}`, () => undefined);
  channel.tell({ over, lists });
  channel.close();
}
