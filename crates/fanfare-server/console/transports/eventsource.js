// Server-Sent Events, through the browser's own EventSource.

import { gapFromJson, subscribeAddress } from './wire.js';

/** @type {Transport} */
export const eventSource = {
  asksForEvents: true,
  open(place, listener) {
    const source = new EventSource(subscribeAddress(place, 'sse'));
    /** @param {Event} event */
    const hear = (event) => receive(event, listener);
    /** @param {string} event */
    const listenFor = (event) => source.addEventListener(event, hear);
    for (const event of ['message', 'gap', ...place.events]) listenFor(event);
    source.onopen = () => listener.opened();
    source.onerror = (event) => {
      if (event instanceof MessageEvent) return;
      // Left alone, the browser comes back without saying when. The pane decides, as for all.
      const refused = source.readyState === EventSource.CLOSED;
      listener.lost(refused ? 'Refused; the browser does not say why.' : 'The connection broke.');
    };
    return { close: () => source.close(), listenFor };
  },
};

/** @param {Event} event @param {Listener} listener */
function receive(event, listener) {
  // A publisher may choose the names `open` and `error`: only a `MessageEvent` is a message.
  if (!(event instanceof MessageEvent)) return;
  const { type, data, lastEventId: id } = event;
  const gap = type === 'gap' ? gapFromJson(data) : null;
  if (gap) listener.gap(gap);
  else listener.message({ id, text: data, event: type === 'message' ? undefined : type });
}
