// Channels of a Fanfare server, over whatever gets through: WebSocket, EventSource, a stream read
// with fetch, or long-polling.
//
// A channel has one cursor, the id of the newest message heard, and every connection begins after
// it, whatever its transport: nothing is lost and nothing comes twice. What the server has no more
// is told as a gap.
//
// One file, to be copied and served as it is: the client first, then a function per transport.

/** Time for a connection to be made, with everything that goes before it. */
const OPEN_MS_MAX = 10_000;

/** Pauses between attempts, unless the options say otherwise: half of each is random. */
const RETRY_MS = { min: 500, max: 30_000 };

/** After so long the network may be another one: what failed in it may work by now. */
const STEADY_MS_MIN = 60_000;

/** A server that goes away asks for a pause of seconds: as if so many attempts had failed. */
const ROUNDS_AFTER_GOODBYE = 3;

/** Silence after which the server may be gone without a word. Its signs of life come every 15 s. */
const SILENCE_MS_MAX = 60_000;

/** The server's pings are not shown to scripts: after so long a WebSocket asks by itself. */
const PING_MS = 25_000;

/** Time to publish a message: as long as the server waits for one that comes slowly. */
const PUBLISH_MS_MAX = 60_000;

/** An empty answer that comes sooner was not held: asking again at once would be a storm. */
const HELD_MS_MIN = 250;

/** The pause instead. */
const EMPTY_MS = 1000;

/** The greatest tag of a second: the server counts with 32 bits. */
const TAG_MAX = 4_294_967_295;

/**
 * `since=all` in another form, as many messages as a history can keep: only to a number the answer
 * tells the place of a channel without any.
 */
const SINCE_ALL = '-1000000';

/** Close code of a server that stops (RFC 6455, section 7.4.1). */
const GOING_AWAY = 1001;

const LATE = 'No answer in time.';

const UNANSWERED = `${LATE} The message may have been published all the same.`;

/** @typedef {import('./fanfare.d.ts').Client} Contract */
/** @typedef {import('./fanfare.d.ts').TransportName} TransportName */
/** @typedef {import('./fanfare.d.ts').State} State */
/** @typedef {import('./fanfare.d.ts').Message} Message */
/** @typedef {import('./fanfare.d.ts').End} End */
/** @typedef {import('./fanfare.d.ts').Events} Events */
/** @typedef {import('./fanfare.d.ts').Options} Options */
/** @typedef {import('./fanfare.d.ts').PublishOptions} PublishOptions */

/**
 * What a transport has of the client. Once the signal has fired, whatever it says is ignored.
 * @typedef {object} Link
 * @property {AbortSignal} signal closes the connection
 * @property {Options} options
 * @property {() => [channel: string, cursor: string][]} cursors
 * @property {Set<string>} names
 * @property {(as: string) => string} url where all channels go on
 * @property {(url: string, signal?: AbortSignal) => Promise<Response>} get 200 or 304
 * @property {(ms: number, then: () => void) => void} watch calls `then` unless called again before
 * @property {() => void} again makes the connection anew
 * @property {(live: Live) => void} live it can be changed from now on
 * @property {() => void} opened
 * @property {(channel: string, id: string, rest: Rest) => void} message
 * @property {(cursor: string, rest: Rest) => void} moved a message, with the cursor of all channels after it
 * @property {(gap: unknown, channel?: string) => boolean} gap false if it does not look like one
 * @property {(channel: string, reason: End['reason'], message: string) => void} end
 */

/** @typedef {Pick<Message, 'data' | 'event' | 'contentType'>} Rest */

/**
 * A connection that can be changed while it lasts.
 * @typedef {{ join?: () => void, leave?: (channel: string) => void, listen?: (name: string) => void }} Live
 */

/** The server answered with a no that another attempt would get too. */
export class Refused extends Error {
  /** @param {number} status of HTTP @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
    /** @type {End['reason']} */
    this.reason = status === 204 ? 'over' : status === 409 ? 'conflict' : status === 410 ? 'deleted' : 'refused';
  }
}

/** The server stops, and asks for a while. */
class Goodbye extends Error {}

/** @type {typeof import('./fanfare.d.ts').connect} */
export function connect(url, options) {
  return new Client(url, options);
}

/** @implements {Contract} */
class Client {
  /** @type {State} */
  state = 'connecting';
  /** @type {TransportName} */
  transport;
  #options;
  #root;
  #query;
  #transports;
  /** Names for EventSource. @type {Set<string>} */
  #names;
  /**
   * Channels in the order of composite cursors; the cursor is empty until it is known.
   * @type {Map<string, { since: string, cursor: string }>}
   */
  #places = new Map();
  /** @type {Map<string, Set<(detail: any) => void>>} */
  #callbacks = new Map();
  #paused = false;
  /** Of the transport to try. */
  #index = 0;
  /** Rounds through all transports without success. */
  #rounds = 0;
  /** When the connection was opened; 0 while it is not. */
  #openedAt = 0;
  /** The transport has had its chance: what failed was not something before. */
  #tried = false;
  /** Something has come over this connection. */
  #heard = false;
  /** @type {Live | null} */
  #live = null;
  /** Interrupts what is going on. */
  #turn = new AbortController();
  #life = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watchdog;
  /** Settles when the last publish has. @type {Promise<unknown>} */
  #published = Promise.resolve();

  /** @param {string | URL} url @param {Options} [options] */
  constructor(url, options = {}) {
    const { origin, pathname, search } = new URL(url, globalThis.location?.href);
    const [, root, listed] = /^(.*?)(?:\/sub\/([^/]+))?\/?$/.exec(pathname) ?? [];
    const { fetch, WebSocket, EventSource } = globalThis;
    this.#options = { fetch, WebSocket, EventSource, ...options };
    this.#root = `${origin}${root}/`;
    this.#query = search.slice(1);
    this.#transports = available(this.#options);
    this.#names = new Set(options.events);
    const [first] = this.#transports;
    if (!first) throw new TypeError('none of these transports is available here');
    this.transport = first;
    const channels = (listed?.split(',') ?? []).map(decodeURIComponent).concat(...(options.channels ?? []));
    const starts = startsOf(channels, options.since);
    for (const channel of channels) this.#places.set(channel, place(starts.get(channel)));
    const { signal } = this.#life;
    // In a page. What was connected before is connected to a network that may be gone.
    globalThis.addEventListener?.('online', () => this.#startOver(), { signal });
    const seen = () => document.visibilityState === 'visible' && this.state === 'waiting' && this.#interrupt();
    globalThis.document?.addEventListener('visibilitychange', seen, { signal });
    void this.#run();
  }

  get cursors() {
    const known = [...this.#places].filter(([, { cursor }]) => cursor);
    return Object.fromEntries(known.map(([channel, { cursor }]) => [channel, cursor]));
  }

  /**
   * @template {keyof Events} E
   * @param {E} event
   * @param {(detail: Events[E]) => void} callback
   * @returns {this}
   */
  on(event, callback) {
    const callbacks = this.#callbacks.get(event) ?? new Set();
    this.#callbacks.set(event, callbacks.add(callback));
    return this;
  }

  /**
   * @template {keyof Events} E
   * @param {E} event
   * @param {(detail: Events[E]) => void} callback
   * @returns {this}
   */
  off(event, callback) {
    this.#callbacks.get(event)?.delete(callback);
    return this;
  }

  /** @param {string} channel @param {string} [since] */
  subscribe(channel, since) {
    if (this.#places.has(channel)) return;
    this.#places.set(channel, place(since));
    if (!this.#live?.join) return this.#changed();
    const { signal } = this.#turn;
    const late = pause(OPEN_MS_MAX, signal).then(() => Promise.reject());
    Promise.race([this.#locate(signal), late]).then(
      () => signal.aborted || this.#live?.join?.(),
      // What went wrong is told by the connection that is made then.
      () => signal.aborted || this.#interrupt(),
    );
  }

  /** @param {string} channel */
  unsubscribe(channel) {
    if (!this.#places.delete(channel)) return;
    if (this.#places.size > 0 && this.#live?.leave) this.#live.leave(channel);
    else this.#changed();
  }

  /** @param {string} name */
  listen(name) {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    this.#live?.listen?.(name);
  }

  /**
   * Always with POST: a page cannot send a key along with a WebSocket. One after the other, so the
   * order is that of the calls.
   * @param {string} channel @param {string | Blob | BufferSource} data @param {PublishOptions} [options]
   */
  publish(channel, data, options = {}) {
    const published = this.#published.then(() => this.#post(channel, data, options));
    this.#published = published.catch(() => {});
    return published;
  }

  pause() {
    this.#paused = true;
    this.#interrupt();
  }

  reconnect() {
    this.#paused = false;
    this.#startOver();
  }

  close() {
    this.state = 'closed';
    this.#life.abort();
    this.#interrupt();
  }

  async #run() {
    while (this.state !== 'closed') {
      const error = await this.#interruptible((signal) => this.#attempt(signal));
      if (error) await this.#interruptible((signal) => this.#wait(error, signal));
    }
  }

  #interrupt() {
    this.#turn.abort();
  }

  #startOver() {
    this.#index = this.#rounds = 0;
    this.#interrupt();
  }

  /** Connects with the channels that there are now. A wait goes on: the server has not come back. */
  #changed() {
    if (this.state !== 'waiting') this.#interrupt();
  }

  /**
   * @param {(signal: AbortSignal) => Promise<unknown>} work
   * @returns how it failed; nothing if it was interrupted, or is done
   */
  async #interruptible(work) {
    const turn = (this.#turn = new AbortController());
    const interrupted = new Promise((resolve) => turn.signal.addEventListener('abort', () => resolve(null)));
    const failure = await Promise.race([interrupted, work(turn.signal).then(() => null, (error) => error)]);
    turn.abort();
    this.#live = null;
    clearTimeout(this.#watchdog);
    return failure;
  }

  /** Connects and stays connected: never resolves. @param {AbortSignal} signal */
  #attempt(signal) {
    this.transport = this.#transports[this.#index] ?? this.transport;
    this.#openedAt = 0;
    this.#heard = this.#tried = false;
    this.state = this.#paused ? 'paused' : this.#places.size === 0 ? 'idle' : 'connecting';
    return new Promise((_, reject) => {
      if (this.state !== 'connecting') return;
      this.#watch(OPEN_MS_MAX, () => reject(new Error(LATE)));
      this.#open(signal).catch(reject);
    });
  }

  /** @param {AbortSignal} signal */
  async #open(signal) {
    await this.#options.prepare?.();
    await this.#locate(signal);
    if (signal.aborted) return;
    this.#tried = true;
    await TRANSPORTS[this.transport](this.#link(signal));
  }

  /** @param {unknown} error @param {AbortSignal} signal */
  async #wait(error, signal) {
    // It may have been closed just after the failure.
    if (this.#life.signal.aborted) return;
    if (error instanceof Refused) {
      for (const channel of [...this.#places.keys()]) this.#end(channel, error.reason, error.message);
      return;
    }
    const retryIn = this.#plan(error instanceof Goodbye);
    this.state = 'waiting';
    const message = (!(error instanceof TypeError) && Object(error).message) ||
      (this.#openedAt ? 'The connection broke.' : 'No connection to the server.');
    this.#emit('error', { transport: this.transport, message, retryIn });
    await pause(retryIn, signal);
  }

  /**
   * Chooses the next transport. One that has worked is kept; others give way at once, until the
   * last has failed too.
   * @param {boolean} isGoodbye
   * @returns the pause before, in ms
   */
  #plan(isGoodbye) {
    const lasted = this.#openedAt && performance.now() - this.#openedAt;
    if (this.#heard || lasted >= STEADY_MS_MIN) this.#rounds = 0;
    if (lasted >= STEADY_MS_MIN) this.#index = 0;
    if (this.#tried && !this.#openedAt) {
      this.#index = (this.#index + 1) % this.#transports.length;
      if (this.#index > 0) return 0;
    }
    if (isGoodbye) this.#rounds += ROUNDS_AFTER_GOODBYE;
    const { min, max } = this.#options.retryMs ?? RETRY_MS;
    // Half of it is random, so that the listeners of a server that is back do not all come at once.
    return Math.min(max, min * 2 ** this.#rounds++) * (0.5 + Math.random() / 2);
  }

  /**
   * Asks where channels begin that have no cursor yet. From then on a connection may break before
   * the first message, and `since=now` still means the moment that was meant.
   * @param {AbortSignal} signal
   */
  async #locate(signal) {
    const unknown = [...this.#places].filter(([, { cursor }]) => !cursor);
    for (const since of new Set(unknown.map(([, place]) => place.since))) {
      const asked = unknown.filter(([, place]) => place.since === since);
      const start = since === 'all' ? SINCE_ALL : encodeURIComponent(since);
      const url = this.#url(asked.map(([channel]) => channel), 'interval', start);
      const { headers, body } = await this.#get(url, signal);
      void body?.cancel();
      const reached = cursorIn(headers)?.split(',');
      if (!reached) throw new Error('The answer has no cursor: does a proxy take Etag away?');
      const id = headers.get('Fanfare-Id');
      // The message itself is left to the transport.
      asked.forEach(([, place], index) => {
        const cursor = reached[index] ?? '';
        place.cursor = cursor === id ? before(id) : cursor;
      });
    }
  }

  /** @param {string[]} channels @param {string} as @param {string} since */
  #url(channels, as, since) {
    const query = [`as=${as}`, `since=${since}`, this.#query].filter(Boolean).join('&');
    return `${this.#root}sub/${channels.map(encodeURIComponent).join(',')}?${query}`;
  }

  /** @param {string} url @param {AbortSignal} [signal] */
  async #get(url, signal) {
    const headers = { Accept: 'application/json' };
    const response = await this.#fetch(url, { headers, signal: signal ?? null });
    const { status } = response;
    // 408 is what Nchan says where others say 304.
    if (status === 200 || status === 304 || status === 408) return response;
    const message = await reasonIn(response);
    // Nobody says which of several channels was deleted: they are asked for again.
    const mayPass = status >= 500 || status === 429 || (status === 410 && this.#places.size > 1);
    throw mayPass ? new Error(message) : new Refused(status, message);
  }

  /** @param {string} url @param {RequestInit} init */
  #fetch(url, init) {
    const { fetch = globalThis.fetch, withCredentials } = this.#options;
    return fetch(url, { cache: 'no-store', credentials: withCredentials ? 'include' : 'same-origin', ...init });
  }

  /** @param {string} channel @param {string | Blob | BufferSource} body @param {PublishOptions} options */
  async #post(channel, body, { event, contentType, ttl, key }) {
    // In the query, where any letter may stand; headers would be asked for first by a browser.
    const query = new URLSearchParams(this.#query);
    for (const [name, value] of Object.entries({ event, ttl, id: key })) if (value) query.set(name, value);
    /** @type {Record<string, string>} */
    const headers = { Accept: 'application/json' };
    if (contentType) headers['Content-Type'] = String.fromCharCode(...new TextEncoder().encode(contentType));
    if (this.#options.publishKey) headers.Authorization = `Bearer ${this.#options.publishKey}`;
    const url = `${this.#root}pub/${encodeURIComponent(channel)}?${query}`;
    const patience = new AbortController();
    // Without an end, one that is stuck would hold up all that come after it.
    const timer = setTimeout(() => patience.abort(new Error(UNANSWERED)), PUBLISH_MS_MAX);
    try {
      const response = await this.#fetch(url, { method: 'POST', headers, body, signal: patience.signal });
      if (!response.ok) throw new Refused(response.status, await reasonIn(response));
      const { subscribers } = await response.json();
      return { id: response.headers.get('Fanfare-Id') ?? '', subscribers };
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {AbortSignal} signal @returns {Link} */
  #link(signal) {
    /** @returns {[string, string][]} */
    const cursors = () => [...this.#places].map(([channel, { cursor }]) => [channel, cursor]);
    return {
      signal,
      cursors,
      options: this.#options,
      names: this.#names,
      url: (as) => {
        if (as === 'ws') return `${this.#root.replace('http', 'ws')}ws${this.#query && `?${this.#query}`}`;
        return this.#url([...this.#places.keys()], as, cursors().map(([, cursor]) => cursor).join(','));
      },
      get: (url, own = signal) => this.#get(url, own),
      watch: (ms, then) => signal.aborted || this.#watch(ms, then),
      again: () => signal.aborted || this.#interrupt(),
      live: (live) => {
        if (!signal.aborted) this.#live = live;
      },
      opened: () => {
        if (signal.aborted || this.#openedAt) return;
        clearTimeout(this.#watchdog);
        this.#openedAt = performance.now();
        this.state = 'open';
        this.#emit('open', { transport: this.transport });
      },
      message: (channel, id, rest) => signal.aborted || this.#message(channel, id, rest),
      moved: (cursor, rest) => {
        const ids = cursor.split(',');
        const index = cursors().findIndex(([, known], index) => known !== ids[index]);
        const [channel] = cursors()[index] ?? [];
        if (channel !== undefined && !signal.aborted) this.#message(channel, ids[index] ?? '', rest);
      },
      gap: (gap, channel) => signal.aborted || this.#gap(gap, channel),
      end: (channel, reason, message) => {
        if (signal.aborted) return;
        this.#end(channel, reason, message);
        if (!this.#live?.leave || this.#places.size === 0) this.#interrupt();
      },
    };
  }

  /** @param {number} ms @param {() => void} then */
  #watch(ms, then) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(then, ms);
  }

  /** @param {string} channel @param {string} id @param {Rest} rest */
  #message(channel, id, rest) {
    const place = this.#places.get(channel);
    if (!place) return;
    place.cursor = id;
    this.#heard = true;
    this.#emit('message', { channel, id, ...rest });
  }

  /** @param {unknown} gap @param {string} [only] the channel, if the gap does not name one */
  #gap(gap, only) {
    // A publisher may use the name of our signal too: what does not look like a gap is a message.
    const { channel = only, after, resumed } = Object(gap);
    const place = this.#places.get(channel);
    if (typeof after !== 'string' || typeof resumed !== 'string' || !place) return false;
    place.cursor = resumed;
    this.#heard = true;
    this.#emit('gap', { channel, after, resumed });
    return true;
  }

  /** @param {string} channel @param {End['reason']} reason @param {string} message */
  #end(channel, reason, message) {
    if (this.#places.delete(channel)) this.#emit('end', { channel, reason, message });
  }

  /** @template {keyof Events} E @param {E} event @param {Events[E]} detail */
  #emit(event, detail) {
    for (const callback of [...(this.#callbacks.get(event) ?? [])]) {
      try {
        callback(detail);
      } catch (error) {
        // The caller's, to be seen like any other; the connection has no part in it.
        queueMicrotask(() => { throw error; });
      }
    }
  }
}

/**
 * Each opens a connection, and rejects when it has failed.
 * @type {Record<TransportName, (link: Link) => Promise<void>>}
 */
const TRANSPORTS = { websocket, eventsource, stream, poll };

/** @param {Options} options */
function available({ transports, WebSocket, EventSource }) {
  const missing = [!WebSocket && 'websocket', !EventSource && 'eventsource'];
  const names = transports ?? /** @type {TransportName[]} */ (Object.keys(TRANSPORTS));
  const unknown = names.find((name) => !Object.hasOwn(TRANSPORTS, name));
  if (unknown) throw new TypeError(`there is no transport "${unknown}"`);
  return names.filter((name) => !missing.includes(name));
}

/** All channels over one WebSocket at `/ws`: JSON both ways. @param {Link} link @returns {Promise<void>} */
function websocket({ signal, options, ...link }) {
  return new Promise((_, reject) => {
    const { WebSocket = globalThis.WebSocket } = options;
    /** @type {globalThis.WebSocket} */
    const socket = new WebSocket(link.url('ws'));
    signal.addEventListener('abort', () => socket.close());
    /** Requests that wait for their answers, by number. @type {Map<number, { op: string, channel: string }>} */
    const asked = new Map();
    /** @type {Set<string>} */
    const joined = new Set();
    let number = 0;
    /** @param {string} op @param {string} channel @param {string} [since] */
    const ask = (op, channel, since) => {
      asked.set((number += 1), { op, channel });
      socket.send(JSON.stringify({ op, id: number, channel, since }));
    };
    const join = () => {
      for (const [channel, cursor] of link.cursors()) {
        if (joined.has(channel) || !cursor) continue;
        joined.add(channel);
        ask('subscribe', channel, cursor);
      }
    };
    /** @param {string} channel */
    const leave = (channel) => joined.delete(channel) && ask('unsubscribe', channel);
    /** Until that is answered, messages may still be on their way. @param {string} channel */
    const isBeingLeft = (channel) =>
      [...asked.values()].some((request) => request.op === 'unsubscribe' && request.channel === channel);
    /** @param {string} channel @param {End['reason']} reason @param {string} message */
    const end = (channel, reason, message) => joined.delete(channel) && link.end(channel, reason, message);
    /** @param {any} frame */
    const hear = ({ op, id, channel, ...rest }) => {
      const request = asked.get(id);
      asked.delete(id);
      if (op === 'error' && request?.op === 'subscribe') {
        end(request.channel, rest.code === 'conflict' ? 'conflict' : 'refused', rest.message);
      } else if (op === 'end') end(channel, rest.reason, wordsFor(rest.reason));
      else if (isBeingLeft(channel)) return;
      else if (op === 'message') link.message(channel, rest.message_id, contentOf(rest));
      else if (op === 'gap') link.gap({ channel, ...rest });
    };
    socket.onopen = () => {
      link.live({ join, leave });
      join();
    };
    socket.onmessage = ({ data }) => {
      hear(Object(parsed(data)));
      if (asked.size === 0) link.opened();
      link.watch(PING_MS, () => {
        socket.send('{"op":"ping"}');
        link.watch(OPEN_MS_MAX, link.again);
      });
    };
    // A refusal looks like any other end: the browser does not say why.
    socket.onclose = ({ code, reason }) => reject(code === GOING_AWAY ? new Goodbye(reason) : new Error(reason));
    // Followed by `close`; without a listener some implementations throw.
    socket.onerror = () => {};
  });
}

/** The browser's own client for event streams. @param {Link} link @returns {Promise<void>} */
function eventsource({ signal, options, ...link }) {
  return new Promise((_, reject) => {
    const { EventSource = globalThis.EventSource, withCredentials = false } = options;
    /** @type {globalThis.EventSource} */
    const source = new EventSource(link.url('sse'), { withCredentials });
    signal.addEventListener('abort', () => source.close());
    /** @param {Event} event */
    const hear = (event) => {
      const { type, data, lastEventId } = /** @type {MessageEvent} */ (event);
      // A publisher may choose the names `open` and `error`: only messages have data.
      if (data === undefined || (type === 'gap' && link.gap(parsed(data)))) return;
      link.moved(lastEventId, { data, ...(type !== 'message' && { event: type }) });
    };
    /** @param {string} name */
    const listen = (name) => source.addEventListener(name, hear);
    new Set(['message', 'gap', ...link.names]).forEach(listen);
    link.live({ listen });
    source.onopen = link.opened;
    source.onerror = (event) => {
      if (/** @type {MessageEvent} */ (event).data !== undefined) return;
      // Left alone it would come back by itself, after a pause of its own choice, to the old place.
      reject(new Error(source.readyState === 2 ? 'Refused; EventSource does not say why.' : ''));
    };
  });
}

/** A line of JSON per message, an empty one as a sign of life. @param {Link} link */
async function stream(link) {
  const { body } = await link.get(link.url('ndjson'));
  if (!body) throw new TypeError();
  link.opened();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; !link.signal.aborted; ) {
    link.watch(SILENCE_MS_MAX, link.again);
    const { done, value } = await reader.read();
    if (done) throw new Goodbye('The server ended the stream.');
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') hearLine(link, line);
  }
}

/** @param {Link} link @param {string} line */
function hearLine(link, line) {
  const { id, gap, end, ...rest } = JSON.parse(line);
  if (gap) link.gap(gap);
  else if (end) link.end(end.channel, end.reason, wordsFor(end.reason));
  else link.moved(id, contentOf(rest));
}

/** @param {string} reason */
function wordsFor(reason) {
  return reason === 'deleted' ? 'The channel was deleted.' : 'Another subscriber took the channel.';
}

/** One request per message. @param {Link} link */
async function poll(link) {
  // One that is answered at once goes first: of a held one nobody knows whether it has arrived.
  for (let as = 'interval'; !link.signal.aborted; ) {
    const askedAt = performance.now();
    const answer = await ask(link, as);
    if (!answer) {
      as = 'interval';
      continue;
    }
    link.opened();
    hearAnswer(link, answer);
    const wasHeld = as === 'interval' || performance.now() - askedAt > HELD_MS_MIN;
    if (!answer.body && !wasHeld) await pause(EMPTY_MS, link.signal);
    as = 'poll';
  }
}

/**
 * Reads the whole answer: half a message must not move the cursor.
 * @param {Link} link
 * @param {string} as
 * @returns {Promise<Answer | null>} nothing if it was interrupted, or held for so long that the server
 * may be gone
 */
async function ask(link, as) {
  const patience = new AbortController();
  const stop = () => patience.abort();
  link.signal.addEventListener('abort', stop);
  link.watch(as === 'poll' ? SILENCE_MS_MAX : OPEN_MS_MAX, stop);
  try {
    const response = await link.get(link.url(as), patience.signal);
    const body = response.status === 200 ? await response.arrayBuffer() : null;
    return { headers: response.headers, body };
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    if (as !== 'poll') throw new Error(LATE);
    return null;
  } finally {
    link.signal.removeEventListener('abort', stop);
  }
}

/** @typedef {{ headers: Headers, body: ArrayBuffer | null }} Answer */

/** @param {Link} link @param {Answer} answer */
function hearAnswer(link, { headers, body }) {
  const known = link.cursors();
  const reached = cursorIn(headers);
  const id = headers.get('Fanfare-Id');
  // `after=ID; resumed=ID`, of several channels a list of these with `channel=NAME` in front.
  const told = (headers.get('Fanfare-Gap') ?? '').matchAll(/(?:channel=([^;]*); )?after=([^;]*); resumed=([^,]*)/g);
  for (const [, name, after, resumed] of told) {
    link.gap({ after, resumed }, name === undefined ? known[0]?.[0] : decodeURIComponent(name));
  }
  // A long list of gaps is cut short: what has moved without a message is one too.
  link.cursors().forEach(([channel, after], index) => {
    const resumed = reached?.split(',')[index];
    const isMessage = body && (id ?? resumed) === resumed;
    if (resumed && resumed !== after && !isMessage) link.gap({ after, resumed }, channel);
  });
  if (!body || !reached) return;
  const event = headerText(headers, 'X-EventSource-Event');
  const contentType = headerText(headers, 'Content-Type');
  link.moved(reached, { data: textOr(body), ...(event && { event }), ...(contentType && { contentType }) });
}

/** Where each channel begins. @param {string[]} channels @param {Options['since']} since */
function startsOf(channels, since = 'all') {
  if (typeof since !== 'string') return new Map(Object.entries(since));
  const ids = since.split(',');
  const isList = ids.length === channels.length;
  return new Map(channels.map((channel, index) => [channel, isList ? ids[index] : since]));
}

/** @param {string} [since] */
function place(since = 'all') {
  return { since, cursor: since.includes(':') ? since : '' };
}

/** The cursor whose next message is `id`: the greatest id that is less. @param {string} id */
function before(id) {
  const [seconds = 0, tag = 0] = id.split(':').map(Number);
  return tag > 0 ? `${seconds}:${tag - 1}` : `${seconds - 1}:${TAG_MAX}`;
}

/** Of one channel a date and a tag, of several the list of their ids. @param {Headers} headers */
function cursorIn(headers) {
  // Layers that compress turn `1` into `W/"1"` or `"1-gzip"`.
  const [tag] = /[\d:,]+/.exec(headers.get('Etag') ?? '') ?? [];
  const time = Date.parse(headers.get('Last-Modified') ?? '');
  if (!tag || tag.includes(':')) return tag;
  return Number.isNaN(time) ? undefined : `${time / 1000}:${tag}`;
}

/** @param {{ data?: string, base64?: string, event?: string, content_type?: string }} json @returns {Rest} */
function contentOf({ data, base64 = '', event, content_type: contentType }) {
  const bytes = () => Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
  return { data: data ?? bytes(), ...(event && { event }), ...(contentType && { contentType }) };
}

/** @param {ArrayBuffer} bytes */
function textOr(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

/** Headers are handed over as if each byte were a letter. @param {Headers} headers @param {string} name */
function headerText(headers, name) {
  return new TextDecoder().decode(Uint8Array.from(headers.get(name) ?? '', (byte) => byte.charCodeAt(0)));
}

/** @param {string} json */
function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** The server's sentence; a proxy may send something else. @param {Response} response */
async function reasonIn(response) {
  const { message, setting } = Object(await response.json().catch(() => null));
  return `${response.status} ${message ?? response.statusText}${setting ? ` (setting: ${setting})` : ''}`.trim();
}

/** @param {number} ms @param {AbortSignal} signal ends it early @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, signal.aborted ? 0 : ms);
    signal.addEventListener('abort', over);
  });
}
