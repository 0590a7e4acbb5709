// Long-polling: one request per message, held by the server until there is one.

import { conditions } from '../cursor.js';
import { textOf } from '../payload.js';
import { idOf, reasonOf, refusal, request } from '../request.js';
import { gapFrom, subscribePath } from './wire.js';

/** A 304 that comes sooner was not held; asking again at once would be a storm. */
const HELD_MS_MIN = 250;

/** @type {Transport} */
export const longPoll = {
  steady: 'polling',
  open(place, listener) {
    const abort = new AbortController();
    const { signal } = abort;
    poll(place, listener, signal).catch((error) => signal.aborted || listener.lost(reasonOf(error)));
    // A held request says nothing until there is a message: it counts as open once it is sent.
    queueMicrotask(() => listener.opened());
    return { close: () => abort.abort() };
  },
};

/** The newest id of a channel; none if nothing is stored. @param {string} channel */
export async function newest(channel) {
  const response = await request(`${subscribePath(channel)}?as=interval&since=-1`);
  void response.body?.cancel();
  return idOf(response);
}

/** @param {Place} place @param {Listener} listener @param {AbortSignal} signal */
async function poll({ channel, cursor, since }, listener, signal) {
  for (;;) {
    const asked = performance.now();
    const start = cursor ? '' : `&since=${since}`;
    const response = await fetch(`${subscribePath(channel)}?as=poll${start}`, {
      headers: { Accept: 'application/json', ...(cursor && conditions(cursor)) },
      // The browser's cache must not answer: these are no validators.
      cache: 'no-store',
      signal,
    });
    if (response.ok) cursor = await receive(response, listener);
    else if (response.status !== 304) throw await refusal(response);
    else if (performance.now() < asked + HELD_MS_MIN) await new Promise((on) => setTimeout(on, 1000));
  }
}

/** @param {Response} response @param {Listener} listener */
async function receive(response, listener) {
  const text = textOf(await response.arrayBuffer());
  const { headers } = response;
  const id = idOf(response);
  // `after=<id>; resumed=<id>`
  const said = (headers.get('Fanfare-Gap') ?? '').split(';').map((part) => part.trim().split('='));
  const gap = gapFrom(Object.fromEntries(said));
  if (gap) listener.gap(gap);
  listener.message({ id, text, event: headers.get('X-EventSource-Event') ?? undefined });
  return id;
}
