// One channel, opened in all panes: what they share.

import { BEFORE_ALL, before, key } from './cursor.js';
import { Known } from './known.js';
import { Pane } from './pane.js';

/** How many stored messages a pane shows when it opens a channel. */
const STORED_SHOWN = 20;

/** Publish times kept to measure delays: more than a few bursts. */
const SENT_MAX = 1000;

export class Session {
  known = new Known();
  /** Event names to listen for. @type {Set<string>} */
  events = new Set();
  /** The cursor of the place where the session began: nothing after it may go missing. */
  origin;
  /** @type {Pane[]} */
  panes;
  /** When this page sent what it published. @type {Map<Id, number>} */
  #sent = new Map();

  /**
   * @param {string} channel
   * @param {import('./publisher.js').Publisher} publisher
   * @param {Id | null} newest the newest message of the channel, if it has any
   * @param {[Transport, import('./pane-view.js').PaneView][]} parts
   * @param {() => void} changed called after anything that the rest of the page may show
   */
  constructor(channel, publisher, newest, parts, changed) {
    this.channel = channel;
    this.publisher = publisher;
    this.changed = changed;
    this.origin = newest;
    /** Where a pane without a cursor begins. With everything, if there was nothing. */
    this.since = newest === null ? 'all' : `-${STORED_SHOWN}`;
    this.panes = parts.map(([transport, view]) => new Pane(transport, this, view));
  }

  close() {
    for (const pane of this.panes) pane.close();
  }

  /**
   * @param {string} text
   * @param {string} event empty for none
   */
  async publish(text, event) {
    if (event) this.#listenFor(event, BEFORE_ALL);
    const published = await this.publisher.publish(text, event);
    const { id, sentAt } = published;
    this.#sent.set(id, sentAt);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > SENT_MAX && oldest) this.#sent.delete(oldest);
    this.learn(id, event);
    // The answer often comes after the message itself: now its delay is known.
    for (const pane of this.panes) pane.published(published);
    return published;
  }

  /**
   * A message exists, whoever noticed first.
   * @param {Id} id
   * @param {string} [event]
   */
  learn(id, event) {
    this.origin ??= before(id);
    this.known.add(id, event);
    if (event) this.#listenFor(event, key(id));
    this.changed();
  }

  /**
   * In ms from publish to arrival; null if this page did not publish it.
   * @param {Id} id
   * @param {number} at
   */
  delay(id, at) {
    const sentAt = this.#sent.get(id);
    return sentAt === undefined ? null : at - sentAt;
  }

  /**
   * @param {string} event
   * @param {Key} since the message that made the name known
   */
  #listenFor(event, since) {
    if (this.events.has(event)) return;
    this.events.add(event);
    for (const pane of this.panes) pane.listenFor(event, since);
  }
}
