// A subscriber and a publisher of the Basic HTTP Push Relay Protocol, and of nothing else: it works
// with every server that speaks the protocol. The cursor is what the server says it is,
// `Last-Modified` and `Etag`, and goes back as `If-Modified-Since` and `If-None-Match`.

/** Pauses after failures: the first, and the longest. Half of each is random. */
const RETRY_MS = { min: 500, max: 30_000 };

/** An answer without a message that comes sooner was not held, so asking again waits. */
const HELD_MS_MIN = 250;
const INTERVAL_MS = 1000;

/** @typedef {import('./relay.d.ts').Options} Options */
/** @typedef {import('./relay.d.ts').Message} Message */

/** @type {typeof import('./relay.d.ts').subscribe} */
export function subscribe(url, hear, options = {}) {
  const abort = new AbortController();
  void listen(url, hear, options, abort.signal);
  return { close: () => abort.abort() };
}

/** @type {typeof import('./relay.d.ts').publish} */
export async function publish(url, body, contentType) {
  const headers = new Headers(contentType === undefined ? {} : [['Content-Type', contentType]]);
  const { ok, status } = await fetch(url, { method: 'POST', headers, body });
  if (!ok) throw new Error(`not published: status ${status}`);
  return status === 201;
}

/**
 * @param {string | URL} url @param {(message: Message) => void} hear @param {Options} options
 * @param {AbortSignal} signal
 */
async function listen(url, hear, { after, onEnd, onError, fetch = globalThis.fetch }, signal) {
  let { lastModified = null, etag = null } = after ?? {};
  for (let failures = 0; !signal.aborted; ) {
    const asked = performance.now();
    /** @type {Record<string, string>} */
    const headers = {};
    if (lastModified) headers['If-Modified-Since'] = lastModified;
    if (etag) headers['If-None-Match'] = etag;
    try {
      // Without `no-store` a browser might answer from its cache, with the old message.
      const response = await fetch(url, { headers, cache: 'no-store', signal });
      const { status } = response;
      const isEmpty = status === 304 || status === 408;
      if (status === 429 || status >= 500) throw new Error(`status ${status}`);
      if (status !== 200 && !isEmpty) return onEnd?.(status);
      // The whole message first: one that was cut off must not move the cursor.
      const text = isEmpty ? '' : await response.text();
      if (signal.aborted) return;
      failures = 0;
      lastModified = response.headers.get('Last-Modified') ?? lastModified;
      etag = response.headers.get('Etag') ?? etag;
      const contentType = response.headers.get('Content-Type');
      if (!isEmpty) call(() => hear({ text, contentType, lastModified, etag }));
      else if (performance.now() < asked + HELD_MS_MIN) await pause(INTERVAL_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      call(() => onError?.(/** @type {Error} */ (error)));
      const longest = Math.min(RETRY_MS.min * 2 ** failures++, RETRY_MS.max);
      await pause(longest * (0.5 + Math.random() / 2), signal);
    }
  }
}

/** What the caller's function throws is the caller's, and does not stop the rest. @param {() => void} callback */
function call(callback) {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => { throw error; });
  }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over);
  });
}
