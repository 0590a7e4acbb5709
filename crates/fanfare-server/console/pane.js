// One pane: a channel over one transport, with a state that a person can follow.

import { BEFORE_ALL, key } from './cursor.js';
import { Received } from './received.js';
import { reasonOf } from './refusal.js';

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
  received;
  /** @type {Id | null} */
  #cursor = null;
  /** Has been away: what was published before it came back counts as resumed. */
  #returning = false;
  /** Messages up to here were published before this connection. @type {Key} */
  #publishedBefore;
  /** Up to where an event name went unheard. @type {Map<string, Key>} */
  #deafUntil = new Map();
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
    this.received = new Received(origin === null ? BEFORE_ALL : null);
    this.#publishedBefore = origin === null ? BEFORE_ALL : key(origin);
    view.reset();
  }

  /** Connects for the first time. */
  start() {
    this.#open();
  }

  /** Really closes the connection, and stays away. */
  cut() {
    this.close();
    this.#failures = 0;
    this.#enter('cut');
    this.view.notice('');
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

  /** @param {Published} published */
  published({ id, sentAt }) {
    this.view.published(id, sentAt);
  }

  /**
   * Learns of an event name, on a transport that must ask for each.
   * @param {string} event
   * @param {Key} since the message that made it known
   */
  listenFor(event, since) {
    if (!this.transport.asksForEvents) return;
    const reached = this.#reached;
    this.#deafUntil.set(event, since === BEFORE_ALL ? BEFORE_ALL : reached);
    this.#connection?.listenFor?.(event);
    // It went by while nobody listened, and the cursor did not move: read it again.
    if (this.#connection && since > reached) void this.#reconnect();
  }

  /**
   * True for a message that went by before this pane listened for its event name.
   * @param {Key} known
   * @param {string | undefined} event
   */
  isDeafTo(known, event) {
    return event !== undefined && known <= (this.#deafUntil.get(event) ?? BEFORE_ALL);
  }

  get #reached() {
    return this.#cursor === null ? BEFORE_ALL : key(this.#cursor);
  }

  /** Asks first what was missed: that also tells why there is no connection, if there is none. */
  async #reconnect() {
    this.close();
    this.#returning = true;
    this.#enter('resuming');
    this.view.notice('');
    const generation = this.#generation;
    try {
      const newest = await this.session.publisher.newest();
      if (generation !== this.#generation) return;
      this.#publishedBefore = newest ? key(newest) : (this.session.known.keys.at(-1) ?? BEFORE_ALL);
      this.#open();
    } catch (error) {
      if (generation === this.#generation) this.#lost(reasonOf(error));
    }
  }

  #open() {
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
    const inOrder = this.received.add(id);
    this.#cursor = id;
    this.session.learn(id, event);
    const delay = this.session.delay(id, at);
    this.view.message({ ...message, at, delay, origin: inOrder ? this.#originOf(id) : 'repeated' });
    this.#settle();
  }

  /**
   * @param {Id} id
   * @returns {Origin}
   */
  #originOf(id) {
    if (key(id) > this.#publishedBefore) return 'live';
    return this.#returning ? 'resumed' : 'stored';
  }

  /** @param {Gap} gap */
  #gap(gap) {
    this.received.miss(gap);
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
    this.#enter('retrying');
    this.view.notice(reason, performance.now() + wait);
    this.#timer = setTimeout(() => void this.#reconnect(), wait);
  }

  /** @param {State} state */
  #enter(state) {
    this.state = state;
    this.view.state(state);
    this.session.changed();
  }
}
