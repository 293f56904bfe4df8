/** Messages: text and images in their order. Images can be opened large; a missing one says so. */
import { h, nodesOf } from "./dom.js";
import { say } from "./texts.js";

/**
 * @param {import("./contract.js").Part[]} parts
 * @returns {HTMLElement[]}
 */
export function renderParts(parts) {
  return parts.map((part) => {
    if (part.type === "image") return part.url === null ? missingPicture(part.alt) : picture(part, part.url);
    const text = h("div", { class: "part prose" });
    text.append(...nodesOf(part.html));
    for (const wide of text.querySelectorAll("pre, table, math[display=block]")) wide.setAttribute("tabindex", "0");
    return text;
  });
}

/**
 * @param {import("./contract.js").ImagePart} part
 * @param {string} url
 */
function picture(part, url) {
  const image = h("img", { src: url, width: part.width, height: part.height, alt: part.alt || say("image"), loading: "lazy", decoding: "async" });
  const open = h("button", { type: "button", class: "picture-open", "aria-label": say("open_image", { alt: part.alt || say("image") }) }, image);
  const figure = h("figure", { class: "picture" }, open, part.alt && h("figcaption", {}, part.alt));
  image.addEventListener("error", () => figure.replaceWith(missingPicture(part.alt)));
  return figure;
}

/** @param {string} caption */
function missingPicture(caption) {
  return h("figure", { class: "picture picture-missing" }, h("strong", {}, say("image_missing")),
    h("figcaption", {}, caption || say("image_missing_uncaptioned")));
}
