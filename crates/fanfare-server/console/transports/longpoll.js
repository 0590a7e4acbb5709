// Long-polling: one request per message, held by the server until there is one.

import { conditions } from '../cursor.js';
import { textOf } from '../payload.js';
import { Refused, reasonOf, refusal } from '../refusal.js';
import { gapFrom, subscribePath } from './wire.js';

/** A 304 that comes sooner was not held; asking again at once would be a storm. */
const HELD_MS_MIN = 250;

/** @type {Transport} */
export const longPoll = {
  title: 'Long-poll',
  asksForEvents: false,
  steady: 'polling',
  open(place, listener) {
    const abort = new AbortController();
    poll(place, listener, abort.signal).catch((error) => listener.lost(reasonOf(error)));
    // A held request says nothing until there is a message: it counts as open once it is sent.
    queueMicrotask(() => listener.opened());
    return { close: () => abort.abort() };
  },
};

/**
 * Polls until something throws.
 * @param {Place} place
 * @param {Listener} listener
 * @param {AbortSignal} signal
 */
async function poll({ channel, cursor, since }, listener, signal) {
  for (;;) {
    const asked = performance.now();
    const response = await request(channel, cursor, since, signal);
    if (response.status === 304) {
      if (performance.now() - asked < HELD_MS_MIN) await new Promise((on) => setTimeout(on, 1000));
    } else {
      if (response.status === 410) throw new Refused('The channel was deleted.');
      if (!response.ok) throw await refusal(response);
      cursor = await receive(response, listener);
    }
  }
}

/**
 * The browser's cache must not answer in the server's place: here the two headers are a cursor.
 * @param {string} channel
 * @param {Id | null} cursor
 * @param {string} since
 * @param {AbortSignal} signal
 */
function request(channel, cursor, since, signal) {
  const start = cursor === null ? `&since=${since}` : '';
  return fetch(`${subscribePath(channel)}?as=poll${start}`, {
    headers: { Accept: 'application/json', ...(cursor !== null && conditions(cursor)) },
    cache: 'no-store',
    signal,
  });
}

/** @param {Response} response @param {Listener} listener */
async function receive(response, listener) {
  const text = textOf(await response.arrayBuffer());
  const { headers } = response;
  const id = headers.get('Fanfare-Id') ?? '';
  // `after=<id>; resumed=<id>`
  const said = (headers.get('Fanfare-Gap') ?? '').split(';').map((part) => part.trim().split('='));
  const gap = gapFrom(Object.fromEntries(said));
  if (gap) listener.gap(gap);
  listener.message({ id, text, event: headers.get('X-EventSource-Event') ?? undefined });
  return id;
}
