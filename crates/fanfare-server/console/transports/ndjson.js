// Streaming with fetch: one JSON object per line, an empty line to keep the connection alive.

import { binary } from '../payload.js';
import { Refused, reasonOf, refusal } from '../request.js';
import { gapFrom, subscribeAddress } from './wire.js';

/** @type {Transport} */
export const ndjson = {
  open(place, listener) {
    const abort = new AbortController();
    const { signal } = abort;
    stream(place, listener, signal).catch((error) => signal.aborted || listener.lost(reasonOf(error)));
    return { close: () => abort.abort() };
  },
};

/** @param {Place} place @param {Listener} listener @param {AbortSignal} signal */
async function stream(place, listener, signal) {
  const response = await fetch(subscribeAddress(place, 'ndjson'), {
    headers: { Accept: 'application/json' },
    cache: 'no-store',
    signal,
  });
  if (!response.ok || !response.body) throw await refusal(response);
  listener.opened();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ; ) {
    const { done, value } = await reader.read();
    if (done) throw new Refused('The server ended the stream.');
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') receive(line, listener);
  }
}

/** @param {string} line @param {Listener} listener */
function receive(line, listener) {
  const { id, event, data, base64, gap } = JSON.parse(line);
  const missed = gapFrom(gap);
  if (missed) listener.gap(missed);
  else listener.message({ id, event, text: data ?? binary(atob(base64 ?? '').length) });
}
