// One pane: a channel over one transport, with a state that a person can follow.

import { BEFORE_ALL, key } from './cursor.js';
import { reasonOf } from './request.js';
import { Received } from './sequence.js';
import { newest } from './transports/longpoll.js';

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 15_000;

/** @implements {Listener} */
export class Pane {
  /** @type {State} */
  state = 'connecting';
  received = new Received();
  #cursor = '';
  /** Has been away: what was published before it came back counts as resumed. */
  #returning = false;
  /** Messages up to here were published before this connection. @type {Key} */
  #publishedBefore;
  /** @type {Connection | null} */
  #connection = null;
  #opened = false;
  /** An attempt to return is void once it left again. */
  #departures = 0;
  /** Attempts since the last message. */
  #failures = 0;
  #timer = 0;

  /** @param {Transport} transport @param {Session} session @param {PaneView} view */
  constructor(transport, session, view) {
    this.transport = transport;
    this.session = session;
    this.view = view;
    const { origin } = session;
    this.#publishedBefore = origin && key(origin);
    if (!origin) this.received.from = BEFORE_ALL;
    view.reset(session.sent);
  }

  /** Goes on after the cursor, if there is one. */
  connect() {
    const { channel, events, since, origin } = this.session;
    // Who was cut before the first message has no cursor. Coming back, it begins where the session
    // began, or it would miss messages without being told.
    const cursor = this.#cursor || (this.#returning ? origin : '');
    if (cursor) this.received.from ??= key(cursor);
    this.#connection = this.transport.open({ channel, events, since, cursor }, this);
  }

  /** Really closes the connection, and stays away. */
  cut() {
    this.leave();
    this.#failures = 0;
    this.#enter('cut');
  }

  /** Comes back from a cut, or ends the wait for the next attempt. */
  resume() {
    if (this.state === 'cut' || this.state === 'retrying') void this.#reconnect();
  }

  /** Closes, and calls off what was planned. */
  leave() {
    this.#departures += 1;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = null;
    this.#opened = false;
  }

  /** @param {string} event @param {Key} since the message that made the name known */
  listenFor(event, since) {
    if (!this.#connection?.listenFor) return;
    this.#connection.listenFor(event);
    // It went by while nobody listened, and the cursor did not move: read it again.
    if (since > this.#reached) void this.#reconnect();
  }

  opened() {
    this.#opened = true;
    this.#settle();
  }

  /** @param {Incoming} message */
  message(message) {
    const at = performance.now();
    const { id, event } = message;
    const origin = this.received.add(id) ? this.#originOf(id) : 'repeated';
    this.#cursor = id;
    this.#failures = 0;
    this.session.learn(id, event);
    this.view.message({ ...message, at, origin });
    this.#settle();
  }

  /** @param {Gap} gap */
  gap(gap) {
    this.received.gaps.push(gap);
    this.#cursor = gap.resumed;
    this.view.gap(gap, this.session.known.within(gap));
    this.session.changed();
    this.#settle();
  }

  /** @param {string} reason */
  lost(reason) {
    this.leave();
    // Half of it is random, so that the listeners of a server that is back do not all come at once.
    const longest = Math.min(WAIT_MS_MIN * 2 ** this.#failures++, WAIT_MS_MAX);
    const wait = longest * (0.5 + Math.random() / 2);
    this.#enter('retrying', reason, performance.now() + wait);
    this.#timer = setTimeout(() => void this.#reconnect(), wait);
  }

  get #reached() {
    return this.#cursor && key(this.#cursor);
  }

  /** Asks first what was missed: that also tells why there is no connection, if there is none. */
  async #reconnect() {
    this.leave();
    const departures = this.#departures;
    this.#returning = true;
    this.#enter('resuming');
    try {
      const id = await newest(this.session.channel);
      if (departures !== this.#departures) return;
      this.#publishedBefore = id && key(id);
      this.connect();
    } catch (error) {
      if (departures === this.#departures) this.lost(reasonOf(error));
    }
  }

  /** Resuming is over when everything published before this connection has come. */
  #settle() {
    const { steady = 'open' } = this.transport;
    const waits = this.#returning && this.#reached < this.#publishedBefore;
    if (this.#opened && !waits && this.state !== steady) this.#enter(steady);
  }

  /** @param {Id} id @returns {Origin} */
  #originOf(id) {
    if (key(id) > this.#publishedBefore) return 'live';
    return this.#returning ? 'resumed' : 'stored';
  }

  /** @param {State} state @param {string} [reason] @param {number} [retryAt] */
  #enter(state, reason = '', retryAt) {
    this.state = state;
    this.view.state(state);
    this.view.notice(reason, retryAt);
    this.session.changed();
  }
}
