// Every message the page knows of, from whichever pane or publish answer it learned it.

import { BEFORE_ALL, key } from './cursor.js';

/** How far back the page remembers: many histories of the default length (100). */
export const KNOWN_MAX = 5000;

export class Known {
  /** Sorted, each once. @type {Key[]} */
  keys = [];
  /** Forgotten is what is not greater. @type {Key} */
  floor = BEFORE_ALL;
  /** The event names of those that have one. @type {Map<Key, string>} */
  #events = new Map();

  /**
   * @param {Id} id
   * @param {string} [event]
   */
  add(id, event) {
    const added = key(id);
    if (event) this.#events.set(added, event);
    // Nearly always the newest, so the search from the end is short.
    const at = this.keys.findLastIndex((known) => known <= added);
    if (this.keys[at] === added || added <= this.floor) return;
    this.keys.splice(at + 1, 0, added);
    if (this.keys.length <= KNOWN_MAX) return;
    this.floor = this.keys.shift() ?? BEFORE_ALL;
    this.#events.delete(this.floor);
  }

  /** @param {Key} known */
  eventOf(known) {
    return this.#events.get(known);
  }

  /**
   * How many messages the page knows of in a gap.
   * @param {Gap} gap
   */
  within({ after, resumed }) {
    const [first, last] = [key(after), key(resumed)];
    return this.keys.filter((known) => known > first && known <= last).length;
  }
}
