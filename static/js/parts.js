/** Messages: text and images in their order. Images have their place before they load and can be opened large. */
import { h, nodesOf } from "./dom.js";
import { say } from "./texts.js";

const WIDEST_LINE = 1000; // characters; longer lines of code are wrapped, for nobody scrolls that far

/**
 * @param {import("./contract.js").Part[]} parts
 * @returns {HTMLElement[]}
 */
export function renderParts(parts) {
  /** @type {HTMLElement[]} */
  const found = [];
  for (let at = 0; at < parts.length;) {
    const part = parts[at];
    if (part.type === "text") {
      found.push(prose(part.html));
      at += 1;
      continue;
    }
    const run = [];
    for (let next = parts[at]; next?.type === "image"; next = parts[at]) {
      run.push(next.url === null ? missingPicture(next.alt) : picture(next, next.url));
      at += 1;
    }
    found.push(run.length > 1 ? h("div", { class: "gallery" }, ...run) : run[0]);
  }
  return found;
}

/** @param {string} html rendered and sanitised by the server */
function prose(html) {
  // Its blocks have directions of their own. One here would be looked for anew at every block: the square of their number.
  const text = h("div", { class: "part prose" });
  text.append(...nodesOf(html));
  for (const code of text.querySelectorAll("pre")) {
    if ((code.textContent ?? "").split("\n").some((line) => line.length > WIDEST_LINE)) code.classList.add("is-wrapped");
    region(code, say("code"));
  }
  for (const table of text.querySelectorAll("table")) {
    const around = region(h("div", { class: "wide", dir: table.getAttribute("dir") }), say("table"));
    table.replaceWith(around);
    around.append(table);
  }
  for (const block of text.querySelectorAll(".math-block")) region(block, say("formula"));
  return text;
}

/** What is too wide scrolls by itself, by keyboard too. @param {Element} element @param {string} label */
function region(element, label) {
  for (const [name, value] of Object.entries({ tabindex: "0", role: "group", "aria-label": label })) element.setAttribute(name, value);
  return element;
}

/**
 * @param {import("./contract.js").ImagePart} part
 * @param {string} url
 */
function picture(part, url) {
  const alt = part.alt || say("image");
  const image = h("img", { src: url, width: part.width, height: part.height, alt, loading: "lazy", decoding: "async" });
  const open = sized(h("button", { type: "button", class: "picture-open", "aria-label": say("open_image", { alt }) }, image), part);
  const again = h("button", { type: "button", class: "btn btn-small" }, say("try_again"));
  const broken = sized(h("div", { class: "picture-broken" }, h("strong", {}, say("image_broken")), h("span", { dir: "auto" }, alt), again), part);
  image.addEventListener("error", () => {
    const held = document.activeElement === open;
    open.replaceWith(broken);
    if (held) again.focus();
  });
  again.addEventListener("click", () => {
    broken.replaceWith(open);
    image.src = url;
    open.focus();
  });
  return h("figure", { class: "picture" }, open, part.alt && h("figcaption", { dir: "auto" }, part.alt));
}

/**
 * Give a box the image's shape, so that nothing moves when it loads.
 *
 * @template {HTMLElement} Box
 * @param {Box} box
 * @param {import("./contract.js").ImagePart} part
 */
function sized(box, { width, height }) {
  if (width && height) {
    box.classList.add("is-sized");
    box.style.setProperty("--wide", `${width}px`);
    box.style.setProperty("--ratio", String(width / height));
  }
  return box;
}

/** @param {string} caption */
function missingPicture(caption) {
  return h("figure", { class: "picture picture-missing" }, h("strong", {}, say("image_missing")),
    h("figcaption", { dir: "auto" }, caption || say("image_missing_uncaptioned")));
}
