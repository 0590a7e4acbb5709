// The npm package `nchan`, unchanged, with what it expects of a browser.

import { createRequire } from 'node:module';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';
import { serve } from './serve.js';

const require = createRequire(import.meta.url);
const { XMLHttpRequest: NodeRequest } = require('xmlhttprequest-ssl');

/** In a browser a request that has failed has no headers; the one for Node throws instead. */
function XMLHttpRequest() {
  const request = new NodeRequest();
  const read = request.getResponseHeader;
  request.getResponseHeader = (name) => (request.status === 0 ? null : read.call(request, name));
  return request;
}

const world = { EventSource, WebSocket, XMLHttpRequest, setTimeout, setInterval };
// It finds some of its world in its window, which it also asks when its page ends, and some around.
Object.assign(globalThis, world, { window: Object.assign(new EventTarget(), world) });
const NchanSubscriber = require('nchan');

const heard = [];
let connections = 0;
let subscriber;

serve({
  start({ url, transport, id }) {
    subscriber = new NchanSubscriber(url, { subscriber: transport, id, reconnectTimeout: 20 });
    subscriber.on('message', (text, { id: messageId }) => heard.push([messageId, text]));
    subscriber.on('connect', () => (connections += 1));
    subscriber.start();
  },
  stop() {
    subscriber.stop();
  },
  state() {
    return { heard, connections };
  },
});
