// One pane: a channel over one transport, with a state that a person can follow.

import { BEFORE_ALL, key } from './cursor.js';
import { reasonOf } from './refusal.js';
import { Received } from './sequence.js';

/** A connection that lasted so long was a good one: the next wait is short again. */
const GOOD_AFTER_MS = 5000;

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 15_000;

/**
 * How long a pane may call itself resuming. A server may keep a gap to itself until the next
 * message, and then nothing more comes although the connection is fine.
 */
const RESUMING_MS_MAX = 3000;

export class Pane {
  /** @type {State} */
  state = 'connecting';
  received = new Received();
  /** @type {Id | null} */
  #cursor = null;
  /** Has been away: what was published before it came back counts as resumed. */
  #returning = false;
  /** Messages up to here were published before this connection. @type {Key} */
  #publishedBefore;
  /** @type {Connection | null} */
  #connection = null;
  /** What an earlier connection still has to say is not heard. */
  #generation = 0;
  #failures = 0;
  #openedAt = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Transport} transport
   * @param {import('./session.js').Session} session
   * @param {import('./pane-view.js').PaneView} view
   */
  constructor(transport, session, view) {
    this.transport = transport;
    this.session = session;
    this.view = view;
    const { origin } = session;
    this.#publishedBefore = origin === null ? BEFORE_ALL : key(origin);
    if (origin === null) this.received.from = BEFORE_ALL;
    view.reset();
  }

  /** Really closes the connection, and stays away. */
  cut() {
    this.close();
    this.#failures = 0;
    this.#enter('cut');
  }

  /** Comes back from a cut, or ends the wait for the next attempt. */
  resume() {
    if (this.state === 'cut' || this.state === 'retrying') void this.#reconnect();
  }

  close() {
    this.#generation += 1;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = null;
  }

  /** Learns of an event name, and which message made it known. @param {string} event @param {Key} since */
  listenFor(event, since) {
    if (!this.#connection?.listenFor) return;
    this.#connection.listenFor(event);
    // It went by while nobody listened, and the cursor did not move: read it again.
    if (since > this.#reached) void this.#reconnect();
  }

  get #reached() {
    return this.#cursor === null ? BEFORE_ALL : key(this.#cursor);
  }

  /** Asks first what was missed: that also tells why there is no connection, if there is none. */
  async #reconnect() {
    this.close();
    this.#returning = true;
    this.#enter('resuming');
    const generation = this.#generation;
    const { publisher, known } = this.session;
    try {
      const newest = await publisher.newest();
      if (generation !== this.#generation) return;
      this.#publishedBefore = newest === null ? known.last : key(newest);
      this.open();
    } catch (error) {
      if (generation === this.#generation) this.#lost(reasonOf(error));
    }
  }

  open() {
    const { channel, events, since, origin } = this.session;
    // Who was cut before the first message has no cursor. Those who come back begin where the
    // session began, or they would miss messages without being told.
    const cursor = this.#cursor ?? (this.#returning ? origin : null);
    if (cursor !== null) this.received.from ??= key(cursor);
    const generation = this.#generation;
    /** @type {<T extends unknown[]>(then: (...told: T) => void) => (...told: T) => void} */
    const unlessOver = (then) => (...told) => {
      if (generation === this.#generation) then.apply(this, told);
    };
    this.#openedAt = Infinity;
    this.#connection = this.transport.open({ channel, events, since, cursor }, {
      opened: unlessOver(this.#opened),
      message: unlessOver(this.#message),
      gap: unlessOver(this.#gap),
      lost: unlessOver(this.#lost),
    });
  }

  #opened() {
    this.#openedAt = performance.now();
    this.#settle();
    if (this.state !== 'resuming') return;
    this.#timer = setTimeout(() => this.#enter(this.transport.steady), RESUMING_MS_MAX);
  }

  /** Resuming is over when everything published before this connection has come. */
  #settle() {
    const waits = this.#returning && this.#reached < this.#publishedBefore;
    if (waits || this.#openedAt === Infinity || this.state === this.transport.steady) return;
    clearTimeout(this.#timer);
    this.#enter(this.transport.steady);
  }

  /** @param {Incoming} message */
  #message(message) {
    const { id, event } = message;
    const at = performance.now();
    const origin = this.received.add(id) ? this.#originOf(id) : 'repeated';
    this.#cursor = id;
    this.session.learn(id, event);
    this.view.message({ ...message, at, origin, sentAt: this.session.sent.get(id) });
    this.#settle();
  }

  /** @param {Id} id @returns {Origin} */
  #originOf(id) {
    if (key(id) > this.#publishedBefore) return 'live';
    return this.#returning ? 'resumed' : 'stored';
  }

  /** @param {Gap} gap */
  #gap(gap) {
    this.received.gaps.push(gap);
    this.#cursor = gap.resumed;
    this.view.gap(gap, this.session.known.within(gap));
    this.session.changed();
    this.#settle();
  }

  /** @param {string} reason */
  #lost(reason) {
    this.close();
    if (performance.now() - this.#openedAt > GOOD_AFTER_MS) this.#failures = 0;
    // Half of the wait is random, so that the listeners of a server that has just come back do
    // not all arrive in the same moment.
    const longest = Math.min(WAIT_MS_MIN * 2 ** this.#failures, WAIT_MS_MAX);
    const wait = longest * (0.5 + Math.random() / 2);
    this.#failures += 1;
    this.#enter('retrying', reason, performance.now() + wait);
    this.#timer = setTimeout(() => void this.#reconnect(), wait);
  }

  /** @param {State} state @param {string} [reason] @param {number} [retryAt] ms on the page's clock */
  #enter(state, reason = '', retryAt) {
    this.state = state;
    this.view.state(state);
    this.view.notice(reason, retryAt);
    this.session.changed();
  }
}
