/** The managers' pages: links that are copied by a button, and a short name proposed from the name. */

/** The text beside the button goes to the clipboard; where that is forbidden it is selected, to be copied by hand. */
function copyButtons() {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-copy]"))) {
    const source = /** @type {HTMLInputElement | null} */ (document.getElementById(button.dataset.copy ?? ""));
    if (!source) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      source.select();
      try {
        await navigator.clipboard.writeText(source.value);
        button.textContent = button.dataset.done ?? "";
      } catch {
        source.focus();
      }
    });
  }
}

/** As long as nobody has written a short name, it follows the name. */
function proposeSlug() {
  const name = /** @type {HTMLInputElement | null} */ (document.getElementById("id_name"));
  const slug = /** @type {HTMLInputElement | null} */ (document.getElementById("id_slug"));
  if (!name || !slug) return;
  let own = slug.value !== "";
  slug.addEventListener("input", () => { own = slug.value !== ""; });
  name.addEventListener("input", () => {
    if (own) return;
    slug.value = name.value.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);
  });
}

copyButtons();
proposeSlug();
