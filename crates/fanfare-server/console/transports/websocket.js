// WebSocket with the sub-protocol `ws+meta.nchan`: each frame begins with the message's id.

import { textOf } from '../payload.js';
import { gapFromJson, subscribeAddress } from './wire.js';

const GAP_TYPE = 'application/vnd.fanfare.gap+json';

/** `id`, then perhaps `content-type`, then an empty line; the rest is the message as it is. */
const HEAD = /^id: (.*)\n(?:content-type: (.*)\n)?\n/;

/** @type {Transport} */
export const webSocket = {
  open(place, listener) {
    const url = new URL(subscribeAddress(place, 'ws'), location.origin);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, 'ws+meta.nchan');
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => listener.opened();
    socket.onmessage = ({ data }) => receive(data, listener);
    // A refusal looks like any other end: the browser does not say why.
    socket.onclose = ({ reason }) => listener.lost(reason || 'The connection broke.');
    return {
      close() {
        socket.onmessage = null;
        socket.onclose = null;
        socket.close();
      },
    };
  },
};

/** @param {string | ArrayBuffer} data @param {Listener} listener */
function receive(data, listener) {
  const isText = typeof data === 'string';
  // Latin-1 has a letter for each byte: the length of the head is right for both.
  const frame = isText ? data : new TextDecoder('latin1').decode(data);
  const [head = '', id = '', type] = HEAD.exec(frame) ?? [];
  const text = isText ? data.slice(head.length) : textOf(data.slice(head.length));
  const gap = type === GAP_TYPE ? gapFromJson(text) : null;
  if (gap) listener.gap(gap);
  else listener.message({ id, text });
}
