// Writes to the page once per frame, however many messages come in between.

/**
 * At least so long between two writes. To move four lists costs a slow machine 30 ms: done in
 * every frame of a burst, the delays shown would measure the page.
 */
const APART_MS_MIN = 80;

/** @type {Set<() => void>} */
const due = new Set();
let writtenAt = -Infinity;

/**
 * Has `write` called before a frame is drawn; asked twice, it is called once. A page that nobody
 * sees draws no frames: what waits must be bounded.
 * @param {() => void} write
 */
export function paint(write) {
  if (due.size === 0) {
    const early = writtenAt + APART_MS_MIN - performance.now();
    setTimeout(() => requestAnimationFrame(writeAll), Math.max(0, early));
  }
  due.add(write);
}

function writeAll() {
  const writes = [...due];
  due.clear();
  for (const write of writes) write();
  writtenAt = performance.now();
}
