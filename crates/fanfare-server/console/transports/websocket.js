// WebSocket with the sub-protocol `ws+meta.nchan`: each frame begins with the message's id.

import { textOf } from '../payload.js';
import { gapFromJson, lastEventQuery, subscribePath } from './wire.js';

const GAP_TYPE = 'application/vnd.fanfare.gap+json';

/** `id`, then perhaps `content-type`, then an empty line; the rest is the message as it is. */
const HEAD = /^id: (.*)\n(?:content-type: (.*)\n)?\n/;

/** @type {Transport} */
export const webSocket = {
  title: 'WebSocket',
  asksForEvents: false,
  steady: 'open',
  open(place, listener) {
    const url = new URL(`${subscribePath(place.channel)}?${lastEventQuery(place)}`, location.origin);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, 'ws+meta.nchan');
    socket.binaryType = 'arraybuffer';
    let opened = false;
    socket.onopen = () => {
      opened = true;
      listener.opened();
    };
    socket.onmessage = ({ data }) => receive(data, listener);
    socket.onclose = ({ code, reason }) => listener.lost(farewell(opened, code, reason));
    return { close: () => socket.close(1000) };
  },
};

/** @param {string | ArrayBuffer} data @param {Listener} listener */
function receive(data, listener) {
  const frame = typeof data === 'string' ? data : textOf(data);
  const head = HEAD.exec(frame);
  if (!head?.[1]) return;
  const text = frame.slice(head[0].length);
  const gap = head[2] === GAP_TYPE ? gapFromJson(text) : null;
  if (gap) listener.gap(gap);
  else listener.message({ id: head[1], text });
}

/** @param {boolean} opened @param {number} code @param {string} reason */
function farewell(opened, code, reason) {
  if (!opened) return 'Refused; the browser does not say why.';
  // 1006 is the browser's own number for "no close frame came".
  return code === 1006 ? 'The connection broke.' : `Closed by the server: ${code} ${reason}`;
}
