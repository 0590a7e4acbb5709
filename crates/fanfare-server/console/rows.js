// The list of one pane: newest first, bounded, written once per frame.

import { paint } from './paint.js';

/** More than the default history (100), so that a whole burst can be seen. */
const ROWS_MAX = 200;

/** The part of a message that a row shows. A message may have a mebibyte. */
const TEXT_LENGTH_MAX = 500;

/** With more new rows in one frame than this, none of them is drawn attention to. */
const FRESH_MAX = 3;

/** @typedef {'live' | 'stored' | 'resumed' | 'repeated'} Origin how a message came to be here */

/**
 * @typedef {object} MessageRow
 * @property {string} id
 * @property {string} text
 * @property {string} [event]
 * @property {number} at arrival, ms on the page's clock
 * @property {number | null} delay ms from publish to arrival; null if it is not known
 * @property {Origin} origin
 */

export class Rows {
  #list;
  /** Not on the page yet, oldest first. @type {HTMLLIElement[]} */
  #pending = [];
  #write = () => this.#flush();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  clear() {
    this.#pending = [];
    this.#list.replaceChildren();
  }

  /**
   * @param {HTMLLIElement} row
   */
  add(row) {
    this.#pending.push(row);
    if (this.#pending.length > ROWS_MAX) this.#pending.shift();
    paint(this.#write);
  }

  #flush() {
    const rows = this.#pending.reverse();
    this.#pending = [];
    if (rows.length <= FRESH_MAX) for (const row of rows) row.classList.add('fresh');
    this.#list.prepend(...rows);
    while (this.#list.childElementCount > ROWS_MAX) this.#list.lastElementChild?.remove();
  }
}

/** @param {MessageRow} message */
export function messageRow({ id, text, event, delay, origin }) {
  const row = document.createElement('li');
  row.dataset.id = id;
  row.dataset.origin = origin;
  const shown = shorten(text);
  const body = span('text', shown === '' ? '(empty)' : shown);
  if (shown === '') body.classList.add('empty');
  body.title = shown;
  if (event !== undefined) body.prepend(span('event', event), ' ');
  if (origin !== 'live') body.append(' ', span('mark', origin));
  row.append(span('id', id), body, span('delay', delay === null ? '' : duration(delay)));
  return row;
}

/**
 * @param {HTMLLIElement} row
 * @param {number} delay ms
 */
export function showDelay(row, delay) {
  const cell = row.querySelector('.delay');
  if (cell) cell.textContent = duration(delay);
}

/**
 * @param {import('./transports/transport.js').Gap} gap
 * @param {number} known how many messages of it the page learned of elsewhere
 */
export function gapRow({ after, resumed }, known) {
  const row = document.createElement('li');
  row.dataset.gap = '';
  row.dataset.after = after;
  row.dataset.resumed = resumed;
  row.dataset.missed = String(known);
  const missed = known > 0 ? `${known} messages are gone.` : 'Messages may be gone.';
  const title = document.createElement('strong');
  title.textContent = `Gap: ${missed}`;
  row.append(title, span('range', `After ${after} up to ${resumed} nothing is stored any more.`));
  return row;
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {string} text */
function shorten(text) {
  if (text.length <= TEXT_LENGTH_MAX) return text;
  return `${text.slice(0, TEXT_LENGTH_MAX)} … (${text.length} characters)`;
}

/**
 * @param {string} name
 * @param {string} text
 */
function span(name, text) {
  const element = document.createElement('span');
  element.className = name;
  element.textContent = text;
  return element;
}
