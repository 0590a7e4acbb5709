// WebSocket with the sub-protocol `ws+meta.nchan`: each frame begins with the message's id.

import { textOf } from '../payload.js';
import { gapFromJson, lastEventQuery, subscribePath } from './transport.js';

const GAP_TYPE = 'application/vnd.fanfare.gap+json';

/** `id`, then perhaps `content-type`, then an empty line; the rest is the message as it is. */
const FRAME = /^id: (.*)\n(?:content-type: (.*)\n)?\n/;

/** @type {import('./transport.js').Transport} */
export const webSocket = {
  title: 'WebSocket',
  asksForEvents: false,
  steady: 'open',
  open(place, listener) {
    const url = new URL(`${subscribePath(place.channel)}?${lastEventQuery(place)}`, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    const socket = new WebSocket(url, 'ws+meta.nchan');
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => listener.opened();
    socket.onmessage = ({ data }) => receive(data, listener);
    socket.onclose = ({ code, reason }) => listener.lost(farewell(code, reason));
    return { close: () => socket.close(1000) };
  },
};

/**
 * @param {string | ArrayBuffer} data
 * @param {import('./transport.js').Listener} listener
 */
function receive(data, listener) {
  const frame = typeof data === 'string' ? data : textOf(data);
  const head = FRAME.exec(frame);
  if (!head?.[1]) return;
  const text = frame.slice(head[0].length);
  const gap = head[2] === GAP_TYPE ? gapFromJson(text) : null;
  if (gap) listener.gap(gap);
  else listener.message({ id: head[1], text });
}

/**
 * @param {number} code
 * @param {string} reason
 */
function farewell(code, reason) {
  // 1006 is the browser's own number for "no close frame came".
  if (code === 1006) return 'The connection broke.';
  return `Closed by the server: ${code} ${reason}`.trim() + '.';
}
