// What a person sees of a pane: state, counts, rows, and what went wrong.

import { part } from './part.js';
import { paint } from './paint.js';
import { Rows, duration, gapRow, messageRow, showDelay } from './rows.js';

/** Rows whose delay may still become known: more than one burst. */
const AWAITED_MAX = 300;

/** The median is over so many of the newest live delays. */
const DELAYS_MAX = 99;

const COUNTDOWN_MS = 250;

export class PaneView {
  #root;
  #rows;
  #counts = { received: 0, resumed: 0, gaps: 0 };
  #cursor = '';
  /** Newest last. @type {number[]} */
  #delays = [];
  /** @type {Map<string, { at: number, live: boolean, row: HTMLLIElement }>} */
  #awaited = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;
  #write = () => this.#showCounts();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#rows = new Rows(part(root, '[data-rows]'));
  }

  /** Empty again, for another channel. */
  reset() {
    this.#rows.clear();
    this.#counts = { received: 0, resumed: 0, gaps: 0 };
    this.#cursor = '';
    this.#delays = [];
    this.#awaited.clear();
    this.state('connecting');
    this.notice('');
    paint(this.#write);
  }

  /** @param {import('./pane.js').State} state */
  state(state) {
    const badge = part(this.#root, '[data-state]');
    badge.dataset.state = state;
    badge.textContent = state;
    this.#root.dataset.live = String(state === 'open' || state === 'polling');
    const cut = part(this.#root, '[data-cut]', HTMLButtonElement);
    const resume = part(this.#root, '[data-resume]', HTMLButtonElement);
    const away = state === 'cut' || state === 'retrying';
    // A disabled button loses the focus: hand it to the one that undoes what was just done.
    const focused = document.activeElement;
    cut.disabled = state === 'cut';
    resume.disabled = !away;
    if (focused === cut && cut.disabled) resume.focus();
    if (focused === resume && resume.disabled) cut.focus();
  }

  /**
   * Takes the place of the pane's description; an empty text gives it back.
   * @param {string} text
   * @param {number} [retryAt] ms on the page's clock
   */
  notice(text, retryAt) {
    clearInterval(this.#countdown);
    const notice = part(this.#root, '[data-notice]');
    const show = () => {
      const seconds = Math.max(1, Math.ceil(((retryAt ?? 0) - performance.now()) / 1000));
      notice.textContent = retryAt === undefined ? text : `${text} Retrying in ${seconds} s.`;
    };
    show();
    part(this.#root, '[data-description]').hidden = text !== '';
    notice.hidden = text === '';
    if (retryAt !== undefined) this.#countdown = setInterval(show, COUNTDOWN_MS);
  }

  /** @param {import('./rows.js').MessageRow} message */
  message(message) {
    const { id, at, delay, origin } = message;
    const row = messageRow(message);
    const live = origin === 'live';
    this.#rows.add(row);
    this.#counts.received += 1;
    if (origin === 'resumed') this.#counts.resumed += 1;
    if (delay === null) this.#await(id, { at, live, row });
    else if (live) this.#measure(delay);
    this.#cursor = id;
    paint(this.#write);
  }

  /**
   * @param {import('./transports/transport.js').Gap} gap
   * @param {number} known how many messages of it the page learned of elsewhere
   */
  gap(gap, known) {
    this.#rows.add(gapRow(gap, known));
    this.#counts.gaps += 1;
    this.#cursor = gap.resumed;
    paint(this.#write);
  }

  /**
   * The page learns when a message was sent.
   * @param {string} id
   * @param {number} sentAt ms on the page's clock
   */
  published(id, sentAt) {
    const awaited = this.#awaited.get(id);
    if (!awaited) return;
    this.#awaited.delete(id);
    const delay = awaited.at - sentAt;
    showDelay(awaited.row, delay);
    if (awaited.live) this.#measure(delay);
    paint(this.#write);
  }

  /**
   * @param {string} id
   * @param {{ at: number, live: boolean, row: HTMLLIElement }} arrival
   */
  #await(id, arrival) {
    this.#awaited.set(id, arrival);
    const [oldest] = this.#awaited.keys();
    if (this.#awaited.size > AWAITED_MAX && oldest !== undefined) this.#awaited.delete(oldest);
  }

  /** @param {number} delay ms */
  #measure(delay) {
    this.#delays.push(delay);
    if (this.#delays.length > DELAYS_MAX) this.#delays.shift();
  }

  #showCounts() {
    const { received, resumed, gaps } = this.#counts;
    const median = this.#delays.toSorted((a, b) => a - b)[this.#delays.length >> 1];
    /** @type {[string, string][]} */
    const shown = [
      ['[data-received]', String(received)],
      ['[data-resumed-count]', String(resumed)],
      ['[data-gaps]', String(gaps)],
      ['[data-median]', median === undefined ? '–' : duration(median)],
      ['[data-cursor]', this.#cursor || '–'],
    ];
    for (const [selector, text] of shown) part(this.#root, selector).textContent = text;
    part(this.#root, '[data-gaps]').classList.toggle('some', gaps > 0);
  }
}
