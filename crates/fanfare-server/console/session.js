// One channel, opened in all panes: what they share.

import { BEFORE_ALL, before, key } from './cursor.js';
import { Known } from './known.js';
import { Pane } from './pane.js';
import { Publisher } from './publisher.js';

/** How many stored messages a pane shows when it opens a channel. */
const STORED_SHOWN = 20;

/** Publish times kept to measure delays: more than one burst. */
const SENT_MAX = 1000;

/** @typedef {{ newest: string | null }} Opening what the channel held when the page opened it */

export class Session {
  known = new Known();
  /** Event names to listen for. @type {Set<string>} */
  events;
  /** The cursor from which nothing may be missed: the place where the session began. @type {string | null} */
  origin;
  /** @type {Pane[]} */
  panes;
  /** When this page sent what it published, by key. @type {Map<string, number>} */
  #sent = new Map();
  #closed = false;

  /**
   * @param {string} channel
   * @param {Publisher} publisher
   * @param {Opening} opening
   * @param {string} event the event name that is about to be used, or empty
   * @param {[import('./transports/transport.js').Transport, import('./pane-view.js').PaneView][]} parts
   * @param {() => void} changed called after anything that the rest of the page may show
   */
  constructor(channel, publisher, opening, event, parts, changed) {
    this.channel = channel;
    this.publisher = publisher;
    this.opening = opening;
    this.changed = changed;
    this.events = new Set(event ? [event] : []);
    this.origin = opening.newest;
    this.panes = parts.map(([transport, view]) => new Pane(transport, this, view));
  }

  /** Where a pane without a cursor begins. All there is, if there was nothing. */
  get since() {
    return this.opening.newest === null ? 'all' : `-${STORED_SHOWN}`;
  }

  get newestKnown() {
    return this.known.keys.at(-1) ?? BEFORE_ALL;
  }

  start() {
    for (const pane of this.panes) pane.start();
  }

  close() {
    this.#closed = true;
    for (const pane of this.panes) pane.close();
  }

  /**
   * @param {string} text
   * @param {string} event empty for none
   */
  async publish(text, event) {
    if (event) this.listenFor(event, BEFORE_ALL);
    const published = await this.publisher.publish(text, event);
    if (!this.#closed) this.#remember(published, event);
    return published;
  }

  /**
   * A message exists, whoever noticed first.
   * @param {string} id
   * @param {string} [event]
   */
  learn(id, event) {
    this.origin ??= before(id);
    this.known.add(id, event);
    if (event) this.listenFor(event, key(id));
    this.changed();
  }

  /**
   * @param {string} event
   * @param {string} since the key of the message that made it known
   */
  listenFor(event, since) {
    if (this.events.has(event)) return;
    this.events.add(event);
    for (const pane of this.panes) pane.listenFor(event, since);
  }

  /**
   * The delay of a message from publish to arrival, in ms; null if this page did not publish it.
   * @param {string} id
   * @param {number} at
   */
  delay(id, at) {
    const sentAt = this.#sent.get(key(id));
    return sentAt === undefined ? null : at - sentAt;
  }

  /**
   * The answer often comes after the message itself: the panes fill in the delay then.
   * @param {import('./publisher.js').Published} published
   * @param {string} event
   */
  #remember({ id, sentAt }, event) {
    this.#sent.set(key(id), sentAt);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > SENT_MAX && oldest !== undefined) this.#sent.delete(oldest);
    this.learn(id, event || undefined);
    for (const pane of this.panes) pane.view.published(id, sentAt);
  }
}
