// Streaming with fetch: one JSON object per line, an empty line to keep the connection alive.

import { binary } from '../payload.js';
import { Refused, reasonOf, refusal } from '../refusal.js';
import { gapFrom, subscribePath } from './wire.js';

/** A message has 1 MiB, six times that if every byte is escaped. More is not from our server. */
const LINE_LENGTH_MAX = 8 * 1024 * 1024;

/** @type {Transport} */
export const ndjson = {
  title: 'NDJSON',
  asksForEvents: false,
  steady: 'open',
  open(place, listener) {
    const abort = new AbortController();
    stream(place, listener, abort.signal).catch((error) => listener.lost(reasonOf(error)));
    return { close: () => abort.abort() };
  },
};

/**
 * Reads until something throws.
 * @param {Place} place
 * @param {Listener} listener
 * @param {AbortSignal} signal
 */
async function stream({ channel, cursor, since }, listener, signal) {
  const start = encodeURIComponent(cursor ?? since);
  const response = await fetch(`${subscribePath(channel)}?as=ndjson&since=${start}`, {
    headers: { Accept: 'application/json' },
    cache: 'no-store',
    signal,
  });
  if (!response.ok || !response.body) throw await refusal(response);
  listener.opened();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Refused('The server ended the stream.');
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LENGTH_MAX) throw new RangeError('the line is too long');
    for (const line of lines) receive(line, listener);
  }
}

/** @param {string} line @param {Listener} listener */
function receive(line, listener) {
  if (line.trim() === '') return;
  const { id, event, data, base64, gap } = JSON.parse(line);
  const missed = gapFrom(gap);
  if (missed) listener.gap(missed);
  else listener.message({ id, event, text: data ?? binary(atob(base64 ?? '').length) });
}
