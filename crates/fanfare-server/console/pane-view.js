// What a person sees of a pane: state, counts, rows, and what went wrong.

import { paint } from './paint.js';
import { part } from './part.js';
import { Rows, duration, gapRow, messageRow, showDelay } from './rows.js';

/** Rows whose delay may still become known: more than one burst. */
const AWAITED_MAX = 300;

/** The median is over so many of the newest live delays. */
const DELAYS_MAX = 99;

/** Often enough for a countdown in seconds. */
const COUNTDOWN_MS = 250;

export class PaneView {
  #root;
  #rows;
  #counts = { received: 0, resumed: 0, gaps: 0 };
  #cursor = '–';
  /** In ms, newest last. @type {number[]} */
  #delays = [];
  /** Rows whose delay is not known yet. @type {Map<Id, { at: number, live: boolean, row: HTMLLIElement }>} */
  #awaited = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#rows = new Rows(part('[data-rows]', root));
    const title = part('h2', root).textContent;
    part('[data-rows]', root).ariaLabel = `${title}: messages, newest first`;
    part('[data-cut]', root).ariaLabel = `Cut ${title}`;
    part('[data-resume]', root).ariaLabel = `Resume ${title}`;
  }

  /** Empty again, for another channel. */
  reset() {
    this.#rows.clear();
    this.#counts = { received: 0, resumed: 0, gaps: 0 };
    this.#cursor = '–';
    this.#delays = [];
    this.#awaited.clear();
    this.state('connecting');
    this.notice('');
    paint(this.#write);
  }

  /** @param {State} state */
  state(state) {
    const badge = part('[data-state]', this.#root);
    badge.dataset.state = state;
    badge.textContent = state;
    this.#root.classList.toggle('away', state !== 'open' && state !== 'polling');
    const cut = part('[data-cut]', this.#root, HTMLButtonElement);
    const resume = part('[data-resume]', this.#root, HTMLButtonElement);
    const focused = document.activeElement;
    cut.disabled = state === 'cut';
    resume.disabled = state !== 'cut' && state !== 'retrying';
    // A disabled button loses the focus: hand it to the one that undoes what was just done.
    if (focused === cut && cut.disabled) resume.focus();
    if (focused === resume && resume.disabled) cut.focus();
  }

  /**
   * Takes the place of the pane's description; an empty text gives it back.
   * @param {string} text
   * @param {number} [retryAt] in ms on the page's clock
   */
  notice(text, retryAt) {
    clearInterval(this.#countdown);
    const notice = part('[data-notice]', this.#root);
    notice.hidden = text === '';
    part('[data-description]', this.#root).hidden = text !== '';
    const show = () => {
      const seconds = Math.max(1, Math.ceil(((retryAt ?? 0) - performance.now()) / 1000));
      notice.textContent = retryAt ? `${text} Retrying in ${seconds} s.` : text;
    };
    show();
    if (retryAt) this.#countdown = setInterval(show, COUNTDOWN_MS);
  }

  /** @param {Arrival} arrival */
  message(arrival) {
    const { id, at, delay, origin } = arrival;
    const row = messageRow(arrival);
    const live = origin === 'live';
    this.#rows.add(row);
    this.#counts.received += 1;
    if (origin === 'resumed') this.#counts.resumed += 1;
    this.#cursor = id;
    this.#awaited.set(id, { at, live, row });
    const [oldest] = this.#awaited.keys();
    if (this.#awaited.size > AWAITED_MAX && oldest) this.#awaited.delete(oldest);
    if (delay !== null) this.published(id, at - delay);
    paint(this.#write);
  }

  /**
   * @param {Gap} gap
   * @param {number} missed how many messages the page knows of in it
   */
  gap(gap, missed) {
    this.#rows.add(gapRow(gap, missed));
    this.#counts.gaps += 1;
    this.#cursor = gap.resumed;
    paint(this.#write);
  }

  /**
   * The page learns when a message was sent.
   * @param {Id} id
   * @param {number} sentAt in ms on the page's clock
   */
  published(id, sentAt) {
    const awaited = this.#awaited.get(id);
    if (!awaited) return;
    this.#awaited.delete(id);
    const delay = awaited.at - sentAt;
    showDelay(awaited.row, delay);
    if (!awaited.live) return;
    this.#delays.push(delay);
    if (this.#delays.length > DELAYS_MAX) this.#delays.shift();
    paint(this.#write);
  }

  #write = () => {
    const { received, resumed, gaps } = this.#counts;
    const median = this.#delays.toSorted((a, b) => a - b)[this.#delays.length >> 1];
    const shown = {
      received,
      'resumed-count': resumed,
      gaps,
      median: median === undefined ? '–' : duration(median),
      cursor: this.#cursor,
    };
    for (const [name, value] of Object.entries(shown)) {
      part(`[data-${name}]`, this.#root).textContent = `${value}`;
    }
    this.#root.classList.toggle('gapped', gaps > 0);
  };
}
