/** Asking the lead: what a question is about, one's own threads, what is published. */
import { call } from "./api.js";
import { byId } from "./dom.js";
import { dimensionOf } from "./questions.js";
import { say, textsOf } from "./texts.js";
import { renderPublished, renderThread } from "./thread.js";

export class Asking {
  /** @param {import("./contract.js").Bench} bench @param {(unseen: number) => void} count shows how many answers are new */
  constructor(bench, count) {
    this.bench = bench;
    this.count = count;
    /** @type {{ own: import("./thread.js").Thread[], published: import("./thread.js").Published[] }} */
    this.list = { own: [], published: [] };
    byId("ask-about").addEventListener("change", () => this.paint());
  }

  /** The dialog is open: say what it is about, and show what there is. */
  open() {
    const question = this.bench.current();
    const assignment = this.bench.assignment();
    const about = byId("ask-about", HTMLSelectElement);
    const dimension = dimensionOf(question);
    const [first, task, general] = about.options;
    first.hidden = first.disabled = !dimension;
    task.hidden = task.disabled = !assignment;
    first.value = dimension?.key ?? "";
    first.textContent = dimension ? say("ask_dimension", { name: textsOf(dimension).name }) : "";
    (dimension ? first : assignment ? task : general).selected = true;
    this.paint();
    void this.refresh();
  }

  /** Fetch the threads, show them, and tell the server which answers were seen. */
  async refresh() {
    const trouble = byId("ask-trouble");
    try {
      const { data } = await call("GET", `projects/${this.bench.slug}/inquiries`);
      this.list = data;
      trouble.hidden = true;
    } catch {
      trouble.hidden = false;
      return;
    }
    this.paint();
    for (const one of this.list.own.filter((thread) => thread.unseen)) {
      call("POST", `inquiries/${one.id}/seen`, JSON.stringify({ message: one.messages.at(-1)?.id })).then(({ data }) => this.count(data.unseen), () => undefined);
    }
  }

  /** One's own questions, new answers and this task first; what is published about the chosen dimension or in general. */
  paint() {
    const here = this.bench.assignment()?.id;
    const about = byId("ask-about", HTMLSelectElement).value;
    const weight = (/** @type {import("./thread.js").Thread} */ one) => (one.unseen ? 2 : 0) + (here && one.assignment === here ? 1 : 0);
    const own = [...this.list.own].sort((a, b) => weight(b) - weight(a));
    const name = (/** @type {string | null} */ key) => this.nameOf(key);
    byId("ask-own").replaceChildren(...own.map((one) => renderThread(one, [one.assignment === here && here ? say("ask_here") : "", name(one.dimension)].filter(Boolean).join(" · "),
      async (text) => {
        await call("POST", `inquiries/${one.id}/messages`, JSON.stringify({ text }));
        await this.refresh();
      })));
    const published = this.list.published.filter((one) => !one.dimension || !about || about === "task" || one.dimension === about);
    byId("ask-published").replaceChildren(...published.map((one) => renderPublished(one, name(one.dimension))));
    byId("ask-own-part").hidden = !own.length;
    byId("ask-published-part").hidden = !published.length;
  }

  /** @param {string | null} key */
  nameOf(key) {
    const found = this.bench.assignment()?.rubric.dimensions.find((one) => one.key === key);
    return found ? textsOf(found).name : key ?? "";
  }

  async send() {
    const text = byId("ask-text", HTMLTextAreaElement);
    const about = byId("ask-about", HTMLSelectElement);
    const general = about.value === "";
    const body = { text: text.value, assignment: general ? null : this.bench.assignment()?.id ?? null, dimension: general || about.value === "task" ? null : about.value };
    await call("POST", `projects/${this.bench.slug}/inquiries`, JSON.stringify(body));
    text.value = "";
    this.bench.announce(say("asked"));
    await this.refresh();
  }
}
