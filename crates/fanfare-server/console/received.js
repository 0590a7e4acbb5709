// What one pane has received, kept to be compared with what it should have received.

import { BEFORE_ALL, key } from './cursor.js';
import { KNOWN_MAX } from './known.js';

export class Received {
  /** Received, strictly growing. @type {string[]} */
  keys = [];
  /** Gaps it was told of: after the first, up to and including the second. @type {[string, string][]} */
  gaps = [];
  /** Ids that came a second time, or after a greater one. @type {string[]} */
  repeated = [];
  /** Answerable for what is greater. Unknown until a place relative to the newest has settled. @type {string | null} */
  from;

  /** @param {string | null} from */
  constructor(from) {
    this.from = from;
  }

  get last() {
    return this.keys.at(-1) ?? this.from ?? BEFORE_ALL;
  }

  /**
   * @param {string} id
   * @param {string} previous the greatest id that is less
   * @returns {boolean} false if it should not have come now
   */
  add(id, previous) {
    const added = key(id);
    this.from ??= key(previous);
    if (added <= this.last) {
      this.repeated.push(id);
      return false;
    }
    this.keys.push(added);
    if (this.keys.length > KNOWN_MAX) this.from = this.keys.shift() ?? this.from;
    return true;
  }

  /** @param {import('./transports/transport.js').Gap} gap */
  miss({ after, resumed }) {
    this.gaps.push([key(after), key(resumed)]);
  }

  /** @param {string} known a key */
  wasToldToMiss(known) {
    return this.gaps.some(([after, resumed]) => known > after && known <= resumed);
  }
}
