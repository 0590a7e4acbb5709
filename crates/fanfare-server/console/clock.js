// The clock channel: the server ticks every 5 s, but only while somebody listens.

import { part } from './part.js';
import { duration } from './rows.js';
import { subscribePath } from './transports/wire.js';

const toggle = part('#clock-toggle', document, HTMLInputElement);
/** @type {EventSource | null} */
let source = null;
let ticks = 0;
/** In ms on the page's clock. @type {number | null} */
let lastAt = null;

export function startClock() {
  toggle.onchange = () => (toggle.checked ? listen() : leave());
  listen();
}

function listen() {
  source = new EventSource(`${subscribePath('clock')}?as=sse&since=now`);
  source.onmessage = ({ data }) => tick(data);
  source.onopen = () => say('waiting for the next tick');
  // This one is left to the browser, which tries again by itself.
  source.onerror = () => say('no connection, trying again');
  say('connecting');
}

function leave() {
  source?.close();
  source = null;
  lastAt = null;
  say('not listening, so it need not tick');
}

/** @param {string} data */
function tick(data) {
  const now = performance.now();
  const since = lastAt === null ? '' : `, ${duration(now - lastAt)} after the last`;
  lastAt = now;
  ticks += 1;
  part('#clock-time').textContent = data;
  say(`tick ${ticks}${since}`);
  const dot = part('#clock-dot');
  dot.classList.add('tick');
  // A new element begins its animation again.
  dot.replaceWith(dot.cloneNode());
}

/** @param {string} text */
function say(text) {
  part('#clock-note').textContent = text;
}
