// The list of one pane: newest first, bounded.

import { paint } from './paint.js';

/** More than the default history (100), so that a whole burst can be seen. */
const ROWS_MAX = 200;

/** What a row shows of a message, which may have a mebibyte. */
const TEXT_LENGTH_MAX = 500;

/** Only after such a pause a new row draws attention to itself. */
const QUIET_MS_MIN = 400;

export class Rows {
  #list;
  /** Not on the page yet, oldest first. @type {HTMLLIElement[]} */
  #pending = [];
  #writtenAt = 0;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  clear() {
    this.#pending = [];
    this.#list.replaceChildren();
  }

  /** @param {HTMLLIElement} row */
  add(row) {
    this.#pending.push(row);
    if (this.#pending.length > ROWS_MAX) this.#pending.shift();
    paint(this.#write);
  }

  /** Shows the newest gap, if there is one. */
  scrollToGap() {
    const gap = this.#list.querySelector('[data-gap]');
    if (!gap) return;
    this.#list.scrollTop += gap.getBoundingClientRect().top - this.#list.getBoundingClientRect().top;
  }

  #write = () => {
    const rows = this.#pending.reverse();
    this.#pending = [];
    const now = performance.now();
    if (now - this.#writtenAt > QUIET_MS_MIN) rows[0]?.classList.add('fresh');
    this.#writtenAt = now;
    this.#list.prepend(...rows);
    while (this.#list.childElementCount > ROWS_MAX) this.#list.lastElementChild?.remove();
  };
}

/** @param {Arrival} arrival */
export function messageRow({ id, text, event, origin }) {
  const body = span('text', shorten(text));
  body.title = shorten(text);
  if (event) body.prepend(span('event', event), ' ');
  if (origin !== 'live') body.append(' ', span('mark', origin));
  const row = document.createElement('li');
  Object.assign(row.dataset, { id, origin });
  row.append(span('id', id), body, span('delay', ''));
  return row;
}

/** @param {HTMLElement} row @param {number} delay in ms */
export function showDelay(row, delay) {
  row.lastElementChild?.replaceChildren(duration(delay));
}

/** @param {Gap} gap @param {number} missed how many messages the page knows of in it */
export function gapRow({ after, resumed }, missed) {
  const row = document.createElement('li');
  Object.assign(row.dataset, { gap: '', after, resumed, missed });
  const lost = missed > 0 ? `${missed} missed` : 'messages may be missing';
  const range = `Nothing after ${after} up to ${resumed} is stored any more.`;
  row.append(span('gap', `Gap: ${lost}`), range);
  return row;
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {string} text */
function shorten(text) {
  if (text.length <= TEXT_LENGTH_MAX) return text || '(empty)';
  return `${text.slice(0, TEXT_LENGTH_MAX)} … (${text.length} characters)`;
}

/** @param {string} className @param {string} text */
function span(className, text) {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}
