// A channel over Socket.IO, with the official client as the server brings it along. To a pane it looks
// like the client of `fanfare.js`.

import { promptly, reasonOf } from './newest.js';

/** Loaded when it is wanted: the page itself does without. */
const BUNDLE = '/socket.io/socket.io.esm.min.js';

/** Time for the WebSocket and what goes before it: as the other panes. */
const OPEN_MS_MAX = 10_000;

/** @typedef {import('/socket.io/socket.io.esm.min.js').Socket} Socket */
/** @typedef {{ op: string, message?: string }} Answer to `subscribe` */

/** @implements {PaneClient} */
export class SocketIoClient {
  /** @type {PaneClient['state']} */
  state = 'connecting';
  /** Whether the server knew it again. @type {boolean | undefined} */
  recovered;
  /** @type {Record<string, Id>} */
  cursors = {};
  #options;
  #since;
  /** @type {{ [E in keyof ClientEvents]?: (detail: ClientEvents[E]) => void }} */
  #callbacks = {};
  /** @type {Socket | null} */
  #socket = null;
  /** Attempts: one that is overtaken does not go on. */
  #attempts = 0;
  /** Since it was last connected. */
  #failures = 0;
  #timer = 0;

  /** @param {Omit<ClientOptions, 'events'>} options */
  constructor(options) {
    this.#options = options;
    this.#since = options.since;
    void this.#connect();
  }

  /**
   * @template {keyof ClientEvents} E
   * @param {E} event
   * @param {(detail: ClientEvents[E]) => void} callback
   * @returns {this}
   */
  on(event, callback) {
    // The type checker does not see that the key fits the value.
    Object.assign(this.#callbacks, { [event]: callback });
    return this;
  }

  /** It is subscribed whenever it is connected. */
  subscribe() {}

  /** Every name is heard. */
  listen() {}

  pause() {
    this.#stop('paused');
    // Its `disconnect` would say goodbye for good. What can be recovered is a connection that broke.
    if (this.#socket?.connected) this.#socket.io.engine.close();
    else this.#socket?.disconnect();
  }

  reconnect() {
    clearTimeout(this.#timer);
    void this.#connect();
  }

  close() {
    this.#stop('closed');
    this.#socket?.disconnect();
  }

  /** @param {PaneClient['state']} state */
  #stop(state) {
    this.state = state;
    this.#attempts += 1;
    clearTimeout(this.#timer);
  }

  async #connect() {
    this.state = 'connecting';
    const attempt = ++this.#attempts;
    const isOvertaken = () => attempt !== this.#attempts;
    try {
      await this.#options.prepare();
      if (isOvertaken()) return;
      const socket = this.#socket ?? (await load());
      if (isOvertaken()) return;
      if (!socket) return this.#end('off', 'This server has it switched off (socketio.enabled).');
      if (!this.#socket) this.#listenTo(socket);
      this.#socket = socket;
      socket.connect();
    } catch (error) {
      if (!isOvertaken()) this.#lost(reasonOf(error));
    }
  }

  /** @param {Socket} socket */
  #listenTo(socket) {
    socket.on('connect', () => this.#connected(socket));
    socket.on('connect_error', () => void this.#failed());
    socket.on('disconnect', () => this.#lost('The connection broke.'));
    socket.onAny((event, detail, cursor) => this.#hear(event, detail, cursor));
  }

  async #failed() {
    const attempt = this.#attempts;
    const refusal = await refusalNow().catch(() => '');
    if (attempt !== this.#attempts) return;
    if (refusal) this.#end('refused', `Not let in: ${refusal}.`);
    else this.#lost('No WebSocket to the server.');
  }

  /** @param {Socket} socket */
  #connected(socket) {
    this.#failures = 0;
    this.recovered = socket.recovered;
    const { channel } = this.#options;
    const since = this.cursors[channel] ?? this.#since;
    const attempt = this.#attempts;
    // Also if it is known again: what it asked for may have been lost with the connection before. If
    // it was not, it stays where it is.
    socket.emit('subscribe', channel, { since }, (/** @type {Answer} */ { op, message = '' }) => {
      if (attempt !== this.#attempts) return;
      if (op === 'error') this.#end('refused', message);
      else this.#open();
    });
  }

  #open() {
    this.state = 'open';
    this.#callbacks.open?.({ transport: 'websocket' });
  }

  /** @param {string} event @param {any} detail @param {unknown} cursor */
  #hear(event, detail, cursor) {
    const { channel } = this.#options;
    // Publishers may use the names of the server's own events: a message ends with its id. So does a
    // gap, with that of the last one missing; after an end there is none.
    if (event === 'end' && cursor === '') return this.#end(detail.reason, `The channel is over: ${detail.reason}.`);
    if (typeof cursor !== 'string') return;
    this.cursors[channel] = cursor;
    if (event === 'gap' && detail?.channel === channel && detail.resumed === cursor) return this.#callbacks.gap?.(detail);
    const name = event === 'message' ? {} : { event };
    this.#callbacks.message?.({ channel, id: cursor, data: dataOf(detail), ...name });
  }

  /** The channel is over; it begins anew when it is connected again. @param {Ending['reason']} reason @param {string} message */
  #end(reason, message) {
    const { channel } = this.#options;
    this.#stop('idle');
    this.#socket?.disconnect();
    this.#since = 'all';
    this.cursors = {};
    this.#callbacks.end?.({ channel, reason, message });
  }

  /** The official client would try again by itself, but tells nobody when. @param {string} message */
  #lost(message) {
    if (this.state !== 'connecting' && this.state !== 'open') return;
    this.#stop('waiting');
    const { min, max } = this.#options.retryMs;
    const retryIn = Math.min(max, min * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#connect(), retryIn);
    this.#callbacks.error?.({ transport: 'websocket', message, retryIn });
  }
}

/** A socket that is not connected yet; null where the server has no Socket.IO. */
async function load() {
  // The import itself does not tell why it failed.
  const { status } = await promptly(BUNDLE, { method: 'HEAD' });
  if (status === 404) return null;
  const { io } = await import('/socket.io/socket.io.esm.min.js');
  return io(location.origin, {
    autoConnect: false,
    forceNew: true,
    reconnection: false,
    timeout: OPEN_MS_MAX,
    // To begin with polls would take one of the browser's six connections, which others wait for.
    transports: ['websocket'],
  });
}

/**
 * Why nobody is let in; empty if somebody is. Of a WebSocket the browser tells a page no more than
 * that there is none, so this asks for a session of polls. One that is made ends by itself.
 * @returns {Promise<string>}
 */
async function refusalNow() {
  const response = await promptly('/socket.io/?EIO=4&transport=polling', { cache: 'no-store' });
  return response.status === 403 ? (await response.json()).message : '';
}

/** JSON comes parsed. @param {unknown} data */
function dataOf(data) {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return typeof data === 'string' ? data : JSON.stringify(data);
}
