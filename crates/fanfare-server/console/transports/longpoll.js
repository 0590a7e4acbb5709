// Long-polling: one request per message, held by the server until there is one.

import { conditions } from '../cursor.js';
import { textOf } from '../payload.js';
import { UNREACHABLE, refusal } from '../refusal.js';
import { gapFrom, subscribePath } from './transport.js';

/** A 304 that comes sooner was not held. Asking again at once would be a storm. */
const HELD_MS_MIN = 250;

/** How long to wait after a 304 that was not held. */
const UNHELD_PAUSE_MS = 1000;

/** @type {import('./transport.js').Transport} */
export const longPoll = {
  title: 'Long-poll',
  asksForEvents: false,
  steady: 'polling',
  open(place, listener) {
    const abort = new AbortController();
    // A held request says nothing until there is a message: it counts as open once it is sent.
    queueMicrotask(() => listener.opened());
    poll(place, listener, abort.signal).then(
      (reason) => listener.lost(reason),
      () => listener.lost(UNREACHABLE),
    );
    return { close: () => abort.abort() };
  },
};

/**
 * Polls until the server refuses, and returns what it said.
 * @param {import('./transport.js').Place} place
 * @param {import('./transport.js').Listener} listener
 * @param {AbortSignal} signal
 */
async function poll({ channel, cursor, since }, listener, signal) {
  for (;;) {
    const asked = performance.now();
    const response = await request(channel, cursor, since, signal);
    if (response.status === 304) {
      if (performance.now() - asked < HELD_MS_MIN) await pause(UNHELD_PAUSE_MS);
      signal.throwIfAborted();
      continue;
    }
    if (response.status === 410) return 'The channel was deleted.';
    if (!response.ok) return refusal(response);
    cursor = await receive(response, listener);
  }
}

/**
 * The browser's cache must not answer in the server's place: here the two headers are a cursor.
 * @param {string} channel
 * @param {string | null} cursor
 * @param {string} since
 * @param {AbortSignal} signal
 */
function request(channel, cursor, since, signal) {
  const place = cursor === null ? `&since=${since}` : '';
  return fetch(`${subscribePath(channel)}?as=poll${place}`, {
    headers: { Accept: 'application/json', ...(cursor !== null && conditions(cursor)) },
    cache: 'no-store',
    signal,
  });
}

/**
 * @param {Response} response
 * @param {import('./transport.js').Listener} listener
 * @returns {Promise<string>} the cursor after this message
 */
async function receive(response, listener) {
  const text = textOf(await response.arrayBuffer());
  const id = response.headers.get('Fanfare-Id') ?? relayId(response.headers);
  const gap = gapFromHeader(response.headers.get('Fanfare-Gap') ?? '');
  if (gap) listener.gap(gap);
  const event = response.headers.get('X-EventSource-Event');
  listener.message({ id, text, ...(event && { event }) });
  return id;
}

/** @param {Headers} headers */
function relayId(headers) {
  const seconds = Date.parse(headers.get('Last-Modified') ?? '') / 1000;
  return `${seconds}:${headers.get('Etag') ?? '0'}`;
}

/**
 * Reads `after=<id>; resumed=<id>`.
 * @param {string} header
 */
function gapFromHeader(header) {
  return gapFrom(Object.fromEntries(header.split(';').map((part) => part.trim().split('='))));
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
