// The same channel from a terminal: lines that work as they are copied.

import { publishPath, subscribePath } from './transports/transport.js';

/**
 * @param {string} channel
 * @param {string} text
 * @param {string} event empty for none
 * @returns {Record<string, string>} by the name in `data-curl`
 */
export function curlLines(channel, text, event) {
  const subscribe = `${location.origin}${subscribePath(channel)}`;
  const socket = subscribe.replace(/^http/, 'ws');
  const named = event ? ` -H ${quote(`X-EventSource-Event: ${event}`)}` : '';
  return {
    publish: `curl${named} -H 'Content-Type: text/plain' --data-raw ${quote(text)} ${quote(location.origin + publishPath(channel))}`,
    websocket: `curl -N -H 'Sec-WebSocket-Protocol: ws+meta.nchan' ${quote(socket)}`,
    eventsource: `curl -N -H 'Accept: text/event-stream' ${quote(subscribe)}`,
    longpoll: `curl -i ${quote(`${subscribe}?as=poll`)}`,
    ndjson: `curl -N -H 'Accept: application/x-ndjson' ${quote(subscribe)}`,
  };
}

/**
 * Quotes for a POSIX shell: inside of single quotes only the single quote itself is special.
 * @param {string} text
 */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
