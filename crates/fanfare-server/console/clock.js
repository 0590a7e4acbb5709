// The clock channel: the server ticks every 5 s, but only while somebody listens. Heard with the
// client that speaks nothing but the relay protocol.

import { part } from './part.js';
import { subscribe } from './relay.js';
import { duration } from './rows.js';

const toggle = part('#clock-toggle', document, HTMLInputElement);
/** @type {{ close(): void } | null} */
let subscription = null;
let ticks = 0;
/** In ms on the page's clock. @type {number | null} */
let lastAt = null;

export function startClock() {
  toggle.onchange = () => (toggle.checked ? listen() : leave());
  listen();
}

/** Leaves the connection to another tab. */
export function pauseClock() {
  if (!subscription) return;
  leave();
  say('another tab has the connection');
}

/** Ends that. */
export function resumeClock() {
  if (toggle.checked && !subscription) listen();
}

function listen() {
  const onError = () => say('no connection, trying again');
  const onEnd = () => say('not to be had');
  subscription = subscribe('/sub/clock?since=now', ({ text }) => tick(text), { onEnd, onError });
  say('waiting for the next tick');
}

function leave() {
  subscription?.close();
  subscription = null;
  lastAt = null;
  say('not listening, so it need not tick');
}

/** @param {string} text */
function tick(text) {
  const now = performance.now();
  const since = lastAt === null ? '' : `, ${duration(now - lastAt)} after the last`;
  lastAt = now;
  ticks += 1;
  part('#clock-time').textContent = text;
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
