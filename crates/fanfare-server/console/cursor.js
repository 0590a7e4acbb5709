// Message ids. `seconds:tag` names a message and is the cursor to resume after, on every transport.

/** The greatest tag that a second can hold: the server counts with 32 bits. */
const TAG_MAX = 4_294_967_295;

/** Smaller than the key of every message. */
export const BEFORE_ALL = '';

/** Pads to the digits of the greatest numbers (64 and 32 bits). @param {Id} id @returns {Key} */
export function key(id) {
  const [seconds = '', tag = ''] = id.split(':');
  return `${seconds.padStart(20, '0')}:${tag.padStart(10, '0')}`;
}

/** @param {Key} key @returns {Id} */
export function idOf(key) {
  return parts(key).join(':');
}

/** The cursor whose next message is `id`: the greatest id that is less. @param {Id} id */
export function before(id) {
  const [seconds, tag] = parts(id);
  return tag > 0 ? `${seconds}:${tag - 1}` : `${seconds - 1}:${TAG_MAX}`;
}

/** @param {Id | Key} id @returns {[seconds: number, tag: number]} */
function parts(id) {
  const [seconds = 0, tag = 0] = id.split(':').map(Number);
  return [seconds, tag];
}
