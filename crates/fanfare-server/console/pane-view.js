// What a person sees of a pane: state, counts, rows, what went wrong.

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
  #counts = { received: 0, resumed: 0, gaps: 0, cursor: '–' };
  /** In ms, newest last. @type {number[]} */
  #delays = [];
  /** Whose delay is not known yet. @type {Map<Id, { at: number, live: boolean, row: HTMLElement }>} */
  #awaited = new Map();
  /** When the page sent what it published. @type {Map<Id, number>} */
  #sent = new Map();
  #countdown = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.title = part('h2', root).textContent ?? '';
    const list = part('[data-rows]', root);
    this.#rows = new Rows(list);
    list.ariaLabel = `${this.title}: messages, newest first`;
    part('[data-cut]', root).ariaLabel = `Cut ${this.title}`;
    part('[data-resume]', root).ariaLabel = `Resume ${this.title}`;
  }

  /** For another channel. @param {Map<Id, number>} sent in ms on the page's clock */
  reset(sent) {
    this.#sent = sent;
    this.#rows.clear();
    this.#counts = { received: 0, resumed: 0, gaps: 0, cursor: '–' };
    this.#delays = [];
    this.#awaited.clear();
    this.state('connecting');
    this.notice('');
    this.refresh();
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
    cut.disabled = state === 'cut' || state === 'off';
    resume.disabled = state !== 'cut' && state !== 'retrying';
    // A disabled button loses the focus: hand it to the one that undoes it.
    if (focused === cut && cut.disabled) resume.focus();
    if (focused === resume && resume.disabled) cut.focus();
  }

  /** Good news, in place of the description. @param {string} text */
  remark(text) {
    this.notice(text);
    part('[data-notice]', this.#root).dataset.kind = 'said';
  }

  /** In place of the description. @param {string} text @param {number} [retryAt] */
  notice(text, retryAt) {
    clearInterval(this.#countdown);
    const notice = part('[data-notice]', this.#root);
    notice.dataset.kind = 'error';
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
    const { id, at, origin } = arrival;
    const row = messageRow(arrival);
    this.#rows.add(row);
    this.#counts.received += 1;
    if (origin === 'resumed') this.#counts.resumed += 1;
    this.#counts.cursor = id;
    this.#awaited.set(id, { at, live: origin === 'live', row });
    const [oldest = ''] = this.#awaited.keys();
    if (this.#awaited.size > AWAITED_MAX) this.#awaited.delete(oldest);
    this.refresh();
  }

  /** @param {Gap} gap @param {number} missed how many messages the page knows of in it */
  gap(gap, missed) {
    this.#rows.add(gapRow(gap, missed));
    this.#counts.gaps += 1;
    this.#counts.cursor = gap.resumed;
    this.refresh();
  }

  scrollToGap() {
    this.#rows.scrollToGap();
  }

  /** Something has changed, or may be known now. */
  refresh() {
    paint(this.#write);
  }

  #write = () => {
    for (const [id, { at, live, row }] of this.#awaited) {
      const sentAt = this.#sent.get(id);
      if (sentAt === undefined) continue;
      this.#awaited.delete(id);
      showDelay(row, at - sentAt);
      if (live) this.#delays.push(at - sentAt);
    }
    this.#delays.splice(0, this.#delays.length - DELAYS_MAX);
    const { received, resumed, gaps, cursor } = this.#counts;
    const middle = this.#delays.toSorted((a, b) => a - b)[this.#delays.length >> 1];
    const median = middle === undefined ? '–' : duration(middle);
    const shown = { received, 'resumed-count': resumed, gaps, median, cursor };
    for (const [name, value] of Object.entries(shown)) {
      part(`[data-${name}]`, this.#root).textContent = `${value}`;
    }
    this.#root.classList.toggle('gapped', gaps > 0);
  };
}
