// What the four transports have in common: where they begin, and what they tell.

/**
 * Where a connection begins.
 * @typedef {object} Place
 * @property {string} channel
 * @property {string | null} cursor the id to resume after; wins over `since`
 * @property {string} since where to begin without a cursor
 * @property {Iterable<string>} events event names to listen for, where the transport needs that
 */

/**
 * @typedef {object} Incoming
 * @property {string} id
 * @property {string} text
 * @property {string} [event] only from transports that carry it
 */

/**
 * Messages that this subscriber should have had and cannot get.
 * @typedef {object} Gap
 * @property {string} after the cursor that was asked for
 * @property {string} resumed the cursor from which the channel goes on
 */

/**
 * Who hears what a connection has to say.
 * @typedef {object} Listener
 * @property {() => void} opened
 * @property {(message: Incoming) => void} message
 * @property {(gap: Gap) => void} gap
 * @property {(reason: string) => void} lost the connection is over; said once
 */

/**
 * @typedef {object} Connection
 * @property {() => void} close really leaves
 * @property {(event: string) => void} [listenFor] only where the transport asks for event names
 */

/**
 * @typedef {object} Transport
 * @property {string} title
 * @property {boolean} asksForEvents hears only the event names it listens for
 * @property {'open' | 'polling'} steady the state of a pane that has all there is
 * @property {(place: Place, listener: Listener) => Connection} open
 */

/** @param {string} channel */
export function publishPath(channel) {
  return `/pub/${encodeURIComponent(channel)}`;
}

/** @param {string} channel */
export function subscribePath(channel) {
  return `/sub/${encodeURIComponent(channel)}`;
}

/**
 * The query that places a subscriber whose cursor travels as `last_event_id`.
 * @param {Place} place
 */
export function lastEventQuery({ cursor, since }) {
  return cursor === null ? `since=${since}` : `last_event_id=${encodeURIComponent(cursor)}`;
}

/**
 * Reads a gap from its JSON. A publisher may call an event `gap` too: what does not have the
 * shape of a gap is a message.
 * @param {string} json
 * @returns {Gap | null}
 */
export function gapFromJson(json) {
  try {
    return gapFrom(JSON.parse(json));
  } catch {
    return null;
  }
}

/**
 * @param {unknown} value
 * @returns {Gap | null}
 */
export function gapFrom(value) {
  const { after, resumed } = Object(value);
  return typeof after === 'string' && typeof resumed === 'string' ? { after, resumed } : null;
}
