// Connects with the client and notes what it says. With `luck`, transports are refused at random.
async ({ module, url, options = {}, luck = null }) => {
  const { connect } = await import(module);
  const { WebSocket, EventSource, fetch } = globalThis;
  globalThis.notes = { heard: [], gaps: [], opened: [], errors: [], ends: [] };
  globalThis.unlucky = luck !== null;
  let state = luck;
  // mulberry32
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const refuses = () => globalThis.unlucky && random() < 0.6;
  const nothing = (target) => target.replace(/\/(ws|sub)\b/, '/nothing');
  const means = luck === null ? {} : {
    ...(WebSocket && { WebSocket: class extends WebSocket {
      constructor(target) { super(refuses() ? nothing(target) : target); }
    } }),
    ...(EventSource && { EventSource: class extends EventSource {
      constructor(target, init) { super(refuses() ? nothing(target) : target, init); }
    } }),
    fetch: (target, init) =>
      /as=(ndjson|interval)/.test(target) && refuses() ? Promise.reject(new TypeError('refused')) : fetch(target, init),
  };
  const text = (data) => (typeof data === 'string' ? data : `bytes ${[...data].join()}`);
  globalThis.client = connect(url, { ...options, ...means })
    .on('message', ({ channel, id, data, ...rest }) => notes.heard.push([channel, text(data), id, rest]))
    .on('gap', (gap) => notes.gaps.push(gap))
    .on('open', ({ transport }) => notes.opened.push(transport))
    .on('error', (error) => notes.errors.push(error))
    .on('end', (end) => notes.ends.push(end));
}
