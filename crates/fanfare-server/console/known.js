// Every message the page knows of, from whichever pane or publish answer it learned it.

import { key } from './cursor.js';

/** How far back the page remembers: several histories of the default length (100). */
export const KNOWN_MAX = 5000;

export class Known {
  /** Sorted, each once. @type {string[]} */
  #keys = [];
  /** The event names of those that have one. @type {Map<string, string>} */
  #events = new Map();
  /** The page has forgotten what is not greater. */
  floor = '';

  /** @returns {readonly string[]} */
  get keys() {
    return this.#keys;
  }

  /**
   * @param {string} id
   * @param {string} [event]
   */
  add(id, event) {
    const added = key(id);
    if (event) this.#events.set(added, event);
    // Nearly always the newest, so the search from the end is short.
    const at = this.#keys.findLastIndex((known) => known <= added);
    if (this.#keys[at] === added || added <= this.floor) return;
    this.#keys.splice(at + 1, 0, added);
    if (this.#keys.length > KNOWN_MAX) this.#forgetOldest();
  }

  /** @param {string} known a key */
  eventOf(known) {
    return this.#events.get(known);
  }

  /**
   * Counts the messages greater than `after` and up to `last`.
   * @param {string} after a key
   * @param {string} last a key
   */
  count(after, last) {
    return this.#keys.filter((known) => known > after && known <= last).length;
  }

  #forgetOldest() {
    this.floor = this.#keys.shift() ?? this.floor;
    this.#events.delete(this.floor);
  }
}
