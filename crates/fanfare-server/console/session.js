// One channel, opened in all panes: what they share.

import { BEFORE_ALL, before, key } from './cursor.js';
import { connect } from './fanfare.js';
import { promptly } from './newest.js';
import { Pane } from './pane.js';
import { Known } from './sequence.js';

/** Stored messages that a pane shows at first. */
const STORED_SHOWN = 20;

/** Publish times kept to measure delays: some bursts. */
const SENT_MAX = 1000;

export class Session {
  known = new Known();
  /** Event names to listen for. @type {Set<string>} */
  events = new Set();
  #publisher = connect('/', { fetch: promptly });
  /** When this page sent what it published, in ms on its clock. @type {Map<Id, number>} */
  sent = new Map();

  /**
   * @param {string} channel
   * @param {Id} origin the newest message of the channel, if it has any
   * @param {[TransportName, PaneView][]} parts
   * @param {() => void} changed called when the rest of the page may have to follow
   */
  constructor(channel, origin, parts, changed) {
    this.channel = channel;
    this.changed = changed;
    /** The cursor of the place where the session began: nothing after it may go missing. */
    this.origin = origin;
    /** Where a pane without a cursor begins. With all there is, if there was nothing. */
    this.since = origin ? `-${STORED_SHOWN}` : 'all';
    this.panes = parts.map(([transport, view]) => new Pane(transport, this, view));
  }

  /** @param {string} text @param {string} event empty for none */
  async publish(text, event) {
    if (event) this.#listenFor(event, BEFORE_ALL);
    const sentAt = performance.now();
    const published = await this.#publisher.publish(this.channel, text, { event });
    const { id } = published;
    this.sent.set(id, sentAt);
    const [oldest = ''] = this.sent.keys();
    if (this.sent.size > SENT_MAX) this.sent.delete(oldest);
    this.learn(id, event);
    // The answer often comes after the message itself: now its delay is known.
    for (const { view } of this.panes) view.refresh();
    return published;
  }

  /** Another tab has the connections. */
  letGo() {
    for (const pane of this.panes) pane.letGo();
  }

  goOn() {
    for (const pane of this.panes) pane.goOn();
  }

  close() {
    this.#publisher.close();
    for (const pane of this.panes) pane.close();
  }

  /** A message exists, whoever noticed first. @param {Id} id @param {string} [event] */
  learn(id, event) {
    this.origin ||= before(id);
    this.known.add(id, event);
    if (event) this.#listenFor(event, key(id));
    this.changed();
  }

  /** @param {string} event @param {Key} since the message that made the name known */
  #listenFor(event, since) {
    if (this.events.has(event)) return;
    this.events.add(event);
    for (const pane of this.panes) pane.listenFor(event, since);
  }
}
