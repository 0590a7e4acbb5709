/** The transports in the order in which they are tried. */
export type TransportName = 'websocket' | 'eventsource' | 'stream' | 'poll';

export type State =
  | 'connecting'
  | 'open'
  /** For the next attempt. */
  | 'waiting'
  /** There is no channel to subscribe to. */
  | 'idle'
  | 'paused'
  /** For good. */
  | 'closed';

export interface Message {
  channel: string;
  /** `seconds:tag`, also the cursor to resume after. */
  id: string;
  /** Bytes if it is not UTF-8. EventSource cannot tell, and has base64 then. */
  data: string | Uint8Array;
  /** The publisher's name for it. */
  event?: string;
  /** As published. EventSource does not carry it. */
  contentType?: string;
}

/** Messages after `after` up to and including `resumed` cannot be had any more. */
export interface Gap {
  channel: string;
  after: string;
  resumed: string;
}

/** A connection broke or could not be made. The client goes on by itself. */
export interface Failure {
  transport: TransportName;
  /** A sentence for people. */
  message: string;
  /** In ms; 0 when the next transport is tried. */
  retryIn: number;
}

/** A channel is over. It may be subscribed to again. */
export interface End {
  channel: string;
  /**
   * `deleted`; `conflict`: it takes one subscriber at a time; `over`: the server has no more to say
   * (204); `refused`: see the message.
   */
  reason: 'deleted' | 'conflict' | 'over' | 'refused';
  /** A sentence for people. */
  message: string;
}

export interface Events {
  message: Message;
  gap: Gap;
  /** A connection is there, all of its channels with it. */
  open: { transport: TransportName };
  error: Failure;
  end: End;
}

export interface Options {
  /** To subscribe to, beside those in the URL. */
  channels?: Iterable<string>;
  /**
   * Where to begin: an id, `all` (the default: the oldest stored message), `now`, `10m`, `-5`; or
   * the ids of all channels, as `cursors` has them.
   */
  since?: string | Record<string, string>;
  /** Only these, in this order. */
  transports?: TransportName[];
  /** Names of messages that EventSource shall listen for. The other transports hear all. */
  events?: Iterable<string>;
  /** A key of the server's, for `publish`. */
  publishKey?: string;
  /** Sends cookies to other origins too. */
  withCredentials?: boolean;
  /** Called before each attempt, which waits for its promise, and fails if that does. */
  prepare?: () => unknown;
  /** Pauses between attempts, in ms; they double from `min` to `max`, half of each is random. */
  retryMs?: { min: number; max: number };
  /** In place of the global one, like the next two. */
  WebSocket?: new (url: string) => any;
  EventSource?: new (url: string, init: { withCredentials: boolean }) => any;
  fetch?: typeof globalThis.fetch;
}

export interface PublishOptions {
  /** A name, for transports that have one. */
  event?: string;
  contentType?: string;
  /** How long it may be delivered: `30s`, `10m`, `1h`, `1d`. */
  ttl?: string;
  /** A second publish with the same key does nothing: such a one is safe to repeat. */
  key?: string;
}

/** Channels of one server. */
export interface Client {
  readonly state: State;
  /** In use, or being tried. */
  readonly transport: TransportName;
  /** The cursor of each channel, as far as it is known: to go on there one day, with `since`. */
  readonly cursors: Record<string, string>;
  on<E extends keyof Events>(event: E, callback: (detail: Events[E]) => void): this;
  off<E extends keyof Events>(event: E, callback: (detail: Events[E]) => void): this;
  /** Does nothing for a channel that is subscribed to. */
  subscribe(channel: string, since?: string): void;
  /** No message of the channel comes after this. */
  unsubscribe(channel: string): void;
  /** Has EventSource hear messages with this name too. */
  listen(name: string): void;
  /**
   * Publishes, after everything published before has been answered. Resolves to the id of the
   * message and the number of those who were listening.
   *
   * @throws {Refused} when the server says no; whatever `fetch` throws when it cannot be reached, or
   * an `Error` when there is no answer within a minute: then the message may have been published all
   * the same.
   */
  publish(
    channel: string,
    data: string | Blob | BufferSource,
    options?: PublishOptions,
  ): Promise<{ id: string; subscribers: number }>;
  /** Closes the connection and makes none until `reconnect`. */
  pause(): void;
  /** Connects now: ends a pause or a wait, or replaces the connection. */
  reconnect(): void;
  /** Ends everything, for good. */
  close(): void;
}

/** The server answered with a no that another attempt would get too. */
export class Refused extends Error {
  constructor(status: number, message: string);
  /** Of HTTP. */
  status: number;
}

/**
 * Connects to a server, `https://push.example`, or to channels of one,
 * `https://push.example/sub/news,sport`. In a page the URL may be relative to it. Its query goes
 * along with every request.
 *
 * @throws {TypeError} if there is no such URL or no such transport, or none of them is available.
 */
export function connect(url: string | URL, options?: Options): Client;
