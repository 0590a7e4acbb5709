// Streaming with fetch: one JSON object per line, an empty line to keep the connection alive.

import { binary } from '../payload.js';
import { UNREACHABLE, refusal } from '../refusal.js';
import { gapFrom, subscribePath } from './transport.js';

/**
 * A message has 1 MiB at most, six times that if every byte must be escaped. Whoever sends a
 * longer line is not our server.
 */
const LINE_LENGTH_MAX = 8 * 1024 * 1024;

/** @type {import('./transport.js').Transport} */
export const ndjson = {
  title: 'NDJSON',
  asksForEvents: false,
  steady: 'open',
  open(place, listener) {
    const abort = new AbortController();
    stream(place, listener, abort.signal).then(
      (reason) => listener.lost(reason),
      (error) => listener.lost(error instanceof TypeError ? UNREACHABLE : `Not understood: ${error}`),
    );
    return { close: () => abort.abort() };
  },
};

/**
 * Reads until the stream ends, and returns why it did.
 * @param {import('./transport.js').Place} place
 * @param {import('./transport.js').Listener} listener
 * @param {AbortSignal} signal
 */
async function stream({ channel, cursor, since }, listener, signal) {
  const start = encodeURIComponent(cursor ?? since);
  const response = await fetch(`${subscribePath(channel)}?as=ndjson&since=${start}`, {
    headers: { Accept: 'application/json' },
    cache: 'no-store',
    signal,
  });
  if (!response.ok || !response.body) return refusal(response);
  listener.opened();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return 'The server ended the stream.';
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LENGTH_MAX) throw new RangeError('line too long');
    for (const line of lines) receive(line, listener);
  }
}

/**
 * @param {string} line
 * @param {import('./transport.js').Listener} listener
 */
function receive(line, listener) {
  if (line.trim() === '') return;
  const { id, event, data, base64, gap } = JSON.parse(line);
  const missed = gapFrom(gap);
  if (missed) return listener.gap(missed);
  const text = data ?? binary(atob(base64 ?? '').length);
  listener.message({ id, text, ...(event && { event }) });
}
