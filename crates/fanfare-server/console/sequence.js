// Messages in the order of the channel: what the page knows of, and what one pane has received.

import { BEFORE_ALL, before, key } from './cursor.js';

/** How far back the page remembers: many histories of the default length (100). */
const KEYS_MAX = 2000;

/** Every message the page knows of, from whichever pane or publish answer it learned it. */
export class Known {
  /** Sorted, each once. @type {Key[]} */
  keys = [];
  /** The event names of those that have one. @type {Map<Key, string>} */
  events = new Map();

  get last() {
    return this.keys.at(-1) ?? BEFORE_ALL;
  }

  /** @param {Id} id @param {string} [event] */
  add(id, event) {
    const added = key(id);
    // Nearly always the newest, so the search from the end is short.
    const at = this.keys.findLastIndex((known) => known <= added);
    if (this.keys[at] === added) return;
    if (event) this.events.set(added, event);
    this.keys.splice(at + 1, 0, added);
    if (this.keys.length > KEYS_MAX) this.events.delete(this.keys.shift() ?? BEFORE_ALL);
  }

  /** How many messages the page knows of in a gap. @param {Gap} gap */
  within(gap) {
    return this.keys.filter((known) => isWithin(gap, known)).length;
  }
}

/** What one pane has received. */
export class Received {
  /** Strictly growing. @type {Key[]} */
  keys = [];
  /** Gaps it was told of. @type {Gap[]} */
  gaps = [];
  /** What came a second time, or after a greater one. @type {Id[]} */
  repeated = [];
  /** It answers for what is greater. Null until the first message settles it. @type {Key | null} */
  from = null;

  get last() {
    return this.keys.at(-1) ?? this.from ?? BEFORE_ALL;
  }

  /** @param {Id} id @returns {boolean} false if it should not have come now */
  add(id) {
    const added = key(id);
    this.from ??= key(before(id));
    if (added <= this.last) {
      this.repeated.push(id);
      return false;
    }
    this.keys.push(added);
    if (this.keys.length > KEYS_MAX) this.from = this.keys.shift() ?? null;
    return true;
  }
}

/** @param {Gap} gap @param {Key} known */
export function isWithin({ after, resumed }, known) {
  return known > key(after) && known <= key(resumed);
}
