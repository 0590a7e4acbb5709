// One pane: a channel over one transport of the client, with a state that a person can follow.

import { BEFORE_ALL, key } from './cursor.js';
import { connect } from './fanfare.js';
import { newest } from './newest.js';
import { textOf } from './payload.js';
import { Received } from './sequence.js';
import { SocketIoClient } from './socketio.js';

/** Shorter than the client's own: somebody is watching. */
const RETRY_MS = { min: 500, max: 15_000 };

export class Pane {
  /** @type {State} */
  state = 'connecting';
  received = new Received();
  #client;
  /** Has been away: what was published before it came back counts as resumed. */
  #returning = false;
  /** How many those are, of the last time. */
  #resumed = 0;
  /** Messages up to here were published before this connection. @type {Key} */
  #publishedBefore;
  /** Messages up to here were published before the session. @type {Key} */
  #storedBefore;

  /** @param {TransportName} transport @param {Session} session @param {PaneView} view */
  constructor(transport, session, view) {
    this.transport = transport;
    this.session = session;
    this.view = view;
    const { channel, events, origin, since } = session;
    this.#publishedBefore = this.#storedBefore = origin && key(origin);
    if (!origin) this.received.from = BEFORE_ALL;
    view.reset(session.sent);
    const prepare = () => this.#prepare();
    const options = { channel, since, events, prepare, retryMs: RETRY_MS };
    this.#client = clientFor(transport, options)
      .on('open', () => this.#settle())
      .on('message', (message) => this.#message(message))
      .on('gap', (gap) => this.#gap(gap))
      .on('error', ({ message, retryIn }) => this.#lost(message, retryIn))
      .on('end', ({ reason, message }) => this.#enter(reason === 'off' ? 'off' : 'cut', message));
  }

  /** Really closes the connection, and stays away. */
  cut() {
    this.#client.pause();
    this.#enter('cut');
  }

  /** Comes back from a cut, or ends the wait for the next attempt. */
  resume() {
    if (this.state !== 'cut' && this.state !== 'retrying') return;
    // Does nothing, unless the server has ended the subscription.
    this.#client.subscribe(this.session.channel);
    this.#reconnect();
  }

  /** Leaves its connection to another tab. A WebSocket takes nothing from the others. */
  letGo() {
    if (['websocket', 'socketio'].includes(this.transport)) return;
    if (this.state === 'cut' || this.state === 'off') return;
    this.#client.pause();
    this.#enter('paused', 'Another tab has the connections: a browser keeps six to a server. Click here to go on.');
  }

  /** Ends that. */
  goOn() {
    if (this.state === 'paused') this.#reconnect();
  }

  /** Leaves for good. */
  close() {
    this.#client.close();
  }

  /** @param {string} event @param {Key} since the message that made the name known */
  listenFor(event, since) {
    this.#client.listen(event);
    // It went by while nobody listened, and the cursor did not move: read it again.
    if (this.transport === 'eventsource' && since > this.#reached) this.#client.reconnect();
  }

  get #reached() {
    const cursor = this.#client.cursors[this.session.channel];
    return cursor ? key(cursor) : BEFORE_ALL;
  }

  #reconnect() {
    this.#returning = true;
    this.#client.reconnect();
  }

  /** Asks first what was missed: that also tells why there is no connection, if there is none. */
  async #prepare() {
    if (!this.#returning) return;
    this.#resumed = 0;
    this.#enter('resuming');
    const id = await newest(this.session.channel);
    this.#publishedBefore = id && key(id);
  }

  /** @param {import('./fanfare.js').Message} message */
  #message({ id, data, event }) {
    const at = performance.now();
    const origin = this.received.add(id) ? this.#originOf(id) : 'repeated';
    if (origin === 'resumed') this.#resumed += 1;
    this.session.learn(id, event);
    this.view.message({ id, event, text: textOf(data), at, origin });
    this.#settle();
  }

  /** @param {Gap} gap */
  #gap(gap) {
    this.received.gaps.push(gap);
    this.view.gap(gap, this.session.known.within(gap));
    this.session.changed();
    this.#settle();
  }

  /** @param {string} reason @param {number} retryIn in ms */
  #lost(reason, retryIn) {
    this.#returning = true;
    this.#enter('retrying', reason, performance.now() + retryIn);
  }

  /** Resuming is over when everything published before this connection has come. */
  #settle() {
    const steady = this.transport === 'poll' ? 'polling' : 'open';
    const waits = this.#returning && this.#reached < this.#publishedBefore;
    if (this.#client.state !== 'open' || waits || this.state === steady) return;
    this.#enter(steady);
    if (this.#returning) this.view.remark(returned(this.#client.recovered, this.#resumed));
  }

  /** @param {Id} id @returns {Origin} */
  #originOf(id) {
    if (key(id) > this.#publishedBefore) return 'live';
    return key(id) > this.#storedBefore ? 'resumed' : 'stored';
  }

  /** @param {State} state @param {string} [reason] @param {number} [retryAt] */
  #enter(state, reason = '', retryAt) {
    this.state = state;
    this.view.state(state);
    this.view.notice(reason, retryAt);
    this.session.changed();
  }
}

/**
 * @param {TransportName} transport
 * @param {ClientOptions} options
 * @returns {PaneClient}
 */
function clientFor(transport, { channel, ...options }) {
  if (transport === 'socketio') return new SocketIoClient({ channel, ...options });
  return connect('/', { channels: [channel], transports: [transport], ...options });
}

/** What there is to say of a return. @param {boolean | undefined} recovered @param {number} messages */
function returned(recovered, messages) {
  // Only Socket.IO has sessions that end, or do not.
  if (recovered === undefined) return '';
  const count = messages === 1 ? '1 message' : `${messages || 'no'} messages`;
  return recovered ? `Back as the same socket: recovered ${count}.` : `Back as a new socket, with ${count}.`;
}
