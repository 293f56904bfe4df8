/** The server writes moments in UTC; the browser knows where its reader is. Days alone stay as they are. */

/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");

/**
 * The same shape as the server's: 2026-11-05 09:30, in Chinese 2026年11月5日 09:30.
 * @param {Date} moment
 */
function written(moment) {
  const [year, month, day] = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()];
  const clock = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  return document.documentElement.lang === "zh-Hans" ? `${year}年${month}月${day}日 ${clock}` : `${year}-${two(month)}-${two(day)} ${clock}`;
}

/** Moments of the page in the reader's own time; pointing at one says which zone that is. */
export function localTimes() {
  const times = /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("main time[datetime*=T]"));
  if (!times.length) return; // the formatter takes longer to make than the page to appear
  const full = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "long" });
  for (const time of times) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime()) || !/^\d.*\d:\d\d$/.test(time.textContent ?? "")) continue;
    time.textContent = written(moment);
    time.title = full.format(moment);
  }
}
