// What one pane has received, kept to be compared with what it should have received.

import { BEFORE_ALL, before, key } from './cursor.js';
import { KNOWN_MAX } from './known.js';

export class Received {
  /** Strictly growing. @type {Key[]} */
  keys = [];
  /** Gaps it was told of: after the first, up to and including the second. @type {[Key, Key][]} */
  gaps = [];
  /** What came a second time, or after a greater one. @type {Id[]} */
  repeated = [];
  /** It answers for what is greater. Null until the first message settles it. @type {Key | null} */
  from;

  /** @param {Key | null} from */
  constructor(from) {
    this.from = from;
  }

  get last() {
    return this.keys.at(-1) ?? this.from ?? BEFORE_ALL;
  }

  /**
   * @param {Id} id
   * @returns {boolean} false if it should not have come now
   */
  add(id) {
    const added = key(id);
    this.from ??= key(before(id));
    if (added <= this.last) {
      this.repeated.push(id);
      return false;
    }
    this.keys.push(added);
    if (this.keys.length > KNOWN_MAX) this.from = this.keys.shift() ?? null;
    return true;
  }

  /** @param {Gap} gap */
  miss({ after, resumed }) {
    this.gaps.push([key(after), key(resumed)]);
  }

  /** @param {Key} known */
  wasToldToMiss(known) {
    return this.gaps.some(([after, resumed]) => known > after && known <= resumed);
  }
}
