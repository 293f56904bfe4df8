/** The words of the screen, in the language of the page: the template hands them over as data. */

/** @type {Record<string, string>} */
let words = {};
let language = "en";

/**
 * @param {Record<string, string>} given
 * @param {string} code
 */
export function useTexts(given, code) {
  words = given;
  language = code;
}

/**
 * A text by its key, with `{name}` filled in.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function say(key, values = {}) {
  const text = words[key];
  if (text === undefined) throw new Error(`No text “${key}”`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * A dimension's texts in the page's language, else in English, else in whatever language it has.
 *
 * @param {import("./contract.js").Dimension} dimension
 * @returns {import("./contract.js").DimensionTexts}
 */
export function textsOf(dimension) {
  return dimension.texts[language] ?? dimension.texts.en ?? Object.values(dimension.texts)[0]
    ?? { name: dimension.key, question: "", anchors: {}, rules: {} };
}

/** A level or preference as it is read: a real minus sign. @param {number} value */
export function signed(value) {
  return value < 0 ? `−${-value}` : String(value);
}

/** An instant as a clock shows it. @param {number} instant milliseconds */
export function timeOfDay(instant) {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(instant);
}
