/**
 * What every page has: the reader's own time, menus that close, the theme switch without a reload, a warning before log-out.
 */
import { Channel, SESSION } from "./tabs.js";
import { localTimes } from "./times.js";
import { countUnsent, forgetUnsent } from "./unsent.js";

/** Menus are <details>: close them on a click elsewhere and on Escape. */
function closeMenus() {
  const open = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.menu[open]"));
  document.addEventListener("click", (event) => {
    for (const menu of open()) {
      if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

/** Paint the chosen theme at once; the server keeps it in a cookie. */
function switchTheme() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-switch=theme]"));
  form?.addEventListener("submit", (event) => {
    const pressed = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (!pressed) return;
    event.preventDefault();
    document.documentElement.dataset.theme = pressed.value;
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === pressed));
    }
    const body = new FormData(form, pressed);
    fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
  });
}

/** Answers that only this browser holds are lost by logging out: say so first, then erase them. */
function guardLogout() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-logout]"));
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const person = form.dataset.logout ?? "";
    countUnsent(person).then(async (count) => {
      if (count && !window.confirm(form.dataset.warning)) return;
      await forgetUnsent(person);
      form.submit();
    });
  });
}

/** A table wider than its page scrolls on its own: let the keyboard reach it, named as the section that it is in. */
function reachWideTables() {
  const widths = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const isWide = target.scrollWidth > target.clientWidth;
      const name = target.closest("section[aria-labelledby]")?.getAttribute("aria-labelledby") ?? null;
      const wanted = { tabindex: isWide ? "0" : null, role: isWide ? "group" : null, "aria-labelledby": isWide ? name : null };
      for (const [attribute, value] of Object.entries(wanted)) {
        if (value === null) target.removeAttribute(attribute);
        else target.setAttribute(attribute, value);
      }
    }
  });
  const watch = () => { for (const wrap of document.querySelectorAll(".table-wrap")) widths.observe(wrap); };
  watch();
  document.addEventListener("htmx:load", watch);
}

/** Tell the other tabs who is logged in: one that waits for its person goes on, one of somebody else keeps still. */
function tellPerson() {
  const person = /** @type {HTMLElement | null} */ (document.querySelector("form[data-logout]"))?.dataset.logout;
  if (!person) return;
  const channel = new Channel(SESSION, () => undefined);
  channel.tell({ person });
  channel.close();
}

tellPerson();
localTimes();
document.addEventListener("htmx:load", localTimes);
closeMenus();
reachWideTables();
switchTheme();
guardLogout();
