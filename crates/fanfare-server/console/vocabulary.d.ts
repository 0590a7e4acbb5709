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

/** The page has one channel, so its gaps need not name it. */
type Gap = Pick<import('./fanfare.js').Gap, 'after' | 'resumed'>;

type TransportName = import('./fanfare.js').TransportName | 'socketio';

/** What a pane wants of its client. */
type ClientOptions = Required<Pick<import('./fanfare.js').Options, 'events' | 'prepare' | 'retryMs'>> & {
  channel: string;
  since: string;
};

/** What ends a subscription. `off`: the server does not have this transport. */
type Ending = Omit<import('./fanfare.js').End, 'reason'> & {
  reason: import('./fanfare.js').End['reason'] | 'off';
};

type ClientEvents = Omit<import('./fanfare.js').Events, 'end'> & { end: Ending };

/** What a pane uses of a client. */
type PaneClient = Pick<
  import('./fanfare.js').Client,
  'state' | 'cursors' | 'subscribe' | 'listen' | 'pause' | 'reconnect' | 'close'
> & {
  /** Where there are sessions: whether the last connection went on with that of before. */
  readonly recovered?: boolean;
  on<E extends keyof ClientEvents>(event: E, callback: (detail: ClientEvents[E]) => void): PaneClient;
};

/** `off` is for good: the server does not have it. */
type State = 'connecting' | 'open' | 'polling' | 'resuming' | 'retrying' | 'paused' | 'cut' | 'off';

/** How a message came to be in a pane. */
type Origin = 'live' | 'stored' | 'resumed' | 'repeated';

interface Arrival {
  id: Id;
  text: string;
  /** What the publisher called it. */
  event: string | undefined;
  /** In ms on the page's clock. */
  at: number;
  origin: Origin;
}

/** One pane, as far as agreement is concerned. */
interface Reading {
  title: string;
  /** Hears only the event names it listens for. */
  asksForEvents: boolean;
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
