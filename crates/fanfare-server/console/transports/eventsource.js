// Server-Sent Events, through the browser's own EventSource.

import { gapFromJson, lastEventQuery, subscribePath } from './transport.js';

/** @type {import('./transport.js').Transport} */
export const eventSource = {
  title: 'EventSource',
  asksForEvents: true,
  steady: 'open',
  open(place, listener) {
    const source = new EventSource(`${subscribePath(place.channel)}?as=sse&${lastEventQuery(place)}`);
    const heard = new Set();
    /** @param {string} event */
    const listenFor = (event) => {
      if (heard.has(event)) return;
      heard.add(event);
      source.addEventListener(event, (happened) => receive(happened, listener));
    };
    for (const event of ['message', 'gap', ...place.events]) listenFor(event);
    source.onopen = (happened) => {
      if (!(happened instanceof MessageEvent)) listener.opened();
    };
    source.onerror = (happened) => {
      if (happened instanceof MessageEvent) return;
      // Left alone, the browser would come back by itself, at once and for ever, without saying
      // when. Here the pane decides, so that all transports wait and resume in the same way.
      const refused = source.readyState === EventSource.CLOSED;
      source.close();
      listener.lost(refused ? 'Refused; the browser does not say why.' : 'The connection broke.');
    };
    return { close: () => source.close(), listenFor };
  },
};

/**
 * `open` and `error` are also names a publisher may choose: only a `MessageEvent` is a message.
 * @param {Event} happened
 * @param {import('./transport.js').Listener} listener
 */
function receive(happened, listener) {
  if (!(happened instanceof MessageEvent)) return;
  const { type, data, lastEventId } = happened;
  const gap = type === 'gap' ? gapFromJson(data) : null;
  if (gap) listener.gap(gap);
  else listener.message({ id: lastEventId, text: data, ...(type !== 'message' && { event: type }) });
}
