// Writes to the page once per frame, however many messages come in between.

/** @type {Set<() => void>} */
const due = new Set();

/**
 * Has `write` called before the next frame is drawn; asked twice, it is called once. A page that
 * nobody sees draws no frames: what waits for one must be bounded by who asks.
 * @param {() => void} write the same function each time
 */
export function paint(write) {
  if (due.size === 0) requestAnimationFrame(paintAll);
  due.add(write);
}

function paintAll() {
  const writes = [...due];
  due.clear();
  for (const write of writes) write();
}
