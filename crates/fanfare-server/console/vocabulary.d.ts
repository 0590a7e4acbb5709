// The types that the modules of this page share. Read by the type checker only, never served code.

/** The id of a message, `seconds:tag`; also the cursor to resume after. Empty where there is none. */
type Id = string;

/** An id padded so that comparing the texts compares the ids; `''` is smaller than all. */
type Key = string;

type Known = import('./sequence.js').Known;
type Received = import('./sequence.js').Received;
type Pane = import('./pane.js').Pane;
type PaneView = import('./pane-view.js').PaneView;
type Session = import('./session.js').Session;

/** Where a connection begins. */
interface Place {
  channel: string;
  /** The id to resume after; wins over `since`. */
  cursor: Id;
  /** Where to begin without a cursor. */
  since: string;
  /** Event names to listen for, where the transport needs that. */
  events: Iterable<string>;
}

interface Incoming {
  id: Id;
  text: string;
  /** Only from transports that carry it. */
  event?: string | undefined;
}

/** Messages that a subscriber should have had and cannot get. */
interface Gap {
  /** The cursor that was asked for. */
  after: Id;
  /** The cursor from which the channel goes on. */
  resumed: Id;
}

/** Who hears what a connection has to say. */
interface Listener {
  opened(): void;
  message(message: Incoming): void;
  gap(gap: Gap): void;
  /** The connection is over; said once. */
  lost(reason: string): void;
}

interface Connection {
  /** Really leaves; nothing is said any more. */
  close(): void;
  /** Only where the transport asks for event names. */
  listenFor?(event: string): void;
}

interface Transport {
  /** Hears only the event names it listens for. */
  asksForEvents?: true;
  /** The state of a pane that has all there is, if it is not `open`. */
  steady?: 'polling';
  open(place: Place, listener: Listener): Connection;
}

type State = 'connecting' | 'open' | 'polling' | 'resuming' | 'retrying' | 'cut';

/** How a message came to be in a pane. */
type Origin = 'live' | 'stored' | 'resumed' | 'repeated';

interface Arrival extends Incoming {
  /** In ms on the page's clock. */
  at: number;
  origin: Origin;
}

interface Published {
  id: Id;
  /** In ms on the page's clock, just before the request left. */
  sentAt: number;
  /** How many were listening. */
  subscribers: number;
}

/** One pane, as far as agreement is concerned. */
interface Reading {
  title: string;
  asksForEvents: boolean | undefined;
  received: Received;
}

/** What one pane has of the messages that the page knows. */
interface Balance {
  title: string;
  had: number;
  /** Not had yet, newer than anything it has. */
  behind: number;
  /** Not had, and it was told of a gap there. */
  told: number;
  /** Times it was told of a gap, whether or not the page knows of messages in it. */
  gaps: number;
  /** Not had, because nobody listened for the event name. */
  unheard: number;
  /** Not had, and nobody told it. */
  lacking: Key[];
  /** Had twice, or out of order. */
  repeated: Id[];
}

interface Verdict {
  kind: 'waiting' | 'same' | 'behind' | 'gap' | 'different';
  text: string;
}
