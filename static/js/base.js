/**
 * What every page has: menus that close, the theme switch without a reload, a warning before log-out.
 */
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

closeMenus();
switchTheme();
guardLogout();
