// One pane: a channel over one transport, with the state a person can follow.

import { backoff } from './backoff.js';
import { BEFORE_ALL, before, key } from './cursor.js';
import { reasonOf } from './publisher.js';
import { Received } from './received.js';

/** @typedef {'connecting' | 'open' | 'polling' | 'resuming' | 'retrying' | 'cut'} State */
/** @typedef {import('./transports/transport.js').Connection} Connection */
/** @typedef {import('./transports/transport.js').Incoming} Incoming */
/** @typedef {import('./transports/transport.js').Gap} Gap */

/** A connection that lasted so long was a good one: the next backoff starts over. */
const GOOD_AFTER_MS = 5000;

/**
 * How long a pane may call itself resuming. A server may keep a gap to itself until the next
 * message, and then nothing more comes although the connection is fine.
 */
const RESUMING_MS_MAX = 3000;

export class Pane {
  /** @type {State} */
  state = 'connecting';
  /** The id to resume after. @type {string | null} */
  cursor = null;
  received;
  /** Has been away: what comes now may be marked as resumed. */
  #returning = false;
  /** Messages up to this key were published before this connection. */
  #publishedBefore = BEFORE_ALL;
  /** Up to which key an event name went unheard here. @type {Map<string, string>} */
  #deafUntil = new Map();
  /** @type {Connection | null} */
  #connection = null;
  /** Counts connections: what an earlier one still has to say is not heard. */
  #generation = 0;
  #failures = 0;
  #openedAt = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import('./transports/transport.js').Transport} transport
   * @param {import('./session.js').Session} session
   * @param {import('./pane-view.js').PaneView} view
   */
  constructor(transport, session, view) {
    this.transport = transport;
    this.session = session;
    this.view = view;
    this.received = new Received(session.opening.newest === null ? BEFORE_ALL : null);
    view.reset();
  }

  get title() {
    return this.transport.title;
  }

  /** Connects for the first time. */
  start() {
    const { newest } = this.session.opening;
    this.#publishedBefore = newest === null ? BEFORE_ALL : key(newest);
    this.#open();
  }

  /** Really closes the connection, and stays away. */
  cut() {
    this.#disconnect();
    this.#failures = 0;
    this.#enter('cut');
    this.view.notice('');
  }

  /** Comes back from a cut, or ends the waiting for the next attempt. */
  resume() {
    if (this.state !== 'cut' && this.state !== 'retrying') return;
    void this.#reconnect();
  }

  /** Leaves for good. */
  close() {
    this.#disconnect();
  }

  /**
   * Learns that messages with this event name exist, on a transport that must ask for each name.
   * @param {string} event
   * @param {string} since the key of the message that made it known, or of none
   */
  listenFor(event, since) {
    if (!this.transport.asksForEvents) return;
    this.#deafUntil.set(event, since === BEFORE_ALL ? BEFORE_ALL : this.#reached);
    if (!this.#connection) return;
    this.#connection.listenFor?.(event);
    // The message went by while nobody listened, and the cursor did not move: read it again.
    if (since > this.#reached) void this.#reconnect();
  }

  /**
   * True for a message that went by before this pane listened for its event name.
   * @param {string} known the key of a message with an event name
   * @param {string | undefined} event
   */
  isDeafTo(known, event) {
    return event !== undefined && known <= (this.#deafUntil.get(event) ?? BEFORE_ALL);
  }

  /** The key of the cursor. */
  get #reached() {
    return this.cursor === null ? BEFORE_ALL : key(this.cursor);
  }

  #disconnect() {
    this.#generation += 1;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = null;
    this.#openedAt = Infinity;
  }

  /** Asks first what was missed: that also tells why there is no connection, if there is none. */
  async #reconnect() {
    this.#disconnect();
    this.#returning = true;
    this.#enter('resuming');
    this.view.notice('');
    const generation = this.#generation;
    try {
      const newest = await this.session.publisher.newest();
      if (generation !== this.#generation) return;
      this.#publishedBefore = newest === null ? this.session.newestKnown : key(newest);
      this.#open();
    } catch (error) {
      if (generation === this.#generation) this.#lost(reasonOf(error));
    }
  }

  #open() {
    const generation = this.#generation;
    /** @type {<T extends unknown[]>(then: (...told: T) => void) => (...told: T) => void} */
    const unlessOver = (then) => (...told) => {
      if (generation === this.#generation) then(...told);
    };
    this.#connection = this.transport.open(this.#place(), {
      opened: unlessOver(() => this.#opened()),
      message: unlessOver((/** @type {Incoming} */ message) => this.#message(message)),
      gap: unlessOver((/** @type {Gap} */ gap) => this.#gap(gap)),
      lost: unlessOver((/** @type {string} */ reason) => this.#lost(reason)),
    });
  }

  #place() {
    const { channel, events, since, origin } = this.session;
    // Who was cut before the first message has no cursor of its own. Those who come back begin
    // where the session began, or they would miss messages without being told.
    const cursor = this.cursor ?? (this.#returning ? origin : null);
    if (cursor !== null) this.received.from ??= key(cursor);
    return { channel, cursor, since, events };
  }

  #opened() {
    this.#openedAt = performance.now();
    this.view.notice('');
    this.#settle();
    if (this.state !== 'resuming') return;
    this.#timer = setTimeout(() => this.#enter(this.transport.steady), RESUMING_MS_MAX);
  }

  /** Resuming is over when everything published before the connection has come. */
  #settle() {
    if (this.#openedAt === Infinity) return;
    const settled = !this.#returning || this.#reached >= this.#publishedBefore;
    if (!settled || this.state === this.transport.steady) return;
    clearTimeout(this.#timer);
    this.#enter(this.transport.steady);
  }

  /** @param {Incoming} message */
  #message(message) {
    const at = performance.now();
    const published = key(message.id);
    const earlier = published <= this.#publishedBefore;
    const inOrder = this.received.add(message.id, before(message.id));
    this.cursor = message.id;
    this.session.learn(message.id, message.event);
    const delay = this.session.delay(message.id, at);
    this.view.message({ ...message, at, delay, origin: origin(inOrder, earlier, this.#returning) });
    this.#settle();
  }

  /** @param {Gap} gap */
  #gap(gap) {
    this.received.miss(gap);
    this.cursor = gap.resumed;
    this.view.gap(gap, this.session.known.count(key(gap.after), key(gap.resumed)));
    this.session.changed();
    this.#settle();
  }

  /** @param {string} reason */
  #lost(reason) {
    if (performance.now() - this.#openedAt > GOOD_AFTER_MS) this.#failures = 0;
    this.#disconnect();
    const wait = backoff(this.#failures);
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

/**
 * @param {boolean} inOrder
 * @param {boolean} earlier published before the connection
 * @param {boolean} returning
 * @returns {import('./rows.js').Origin}
 */
function origin(inOrder, earlier, returning) {
  if (!inOrder) return 'repeated';
  if (!earlier) return 'live';
  return returning ? 'resumed' : 'stored';
}
