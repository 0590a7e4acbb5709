// Node as if it were a page: runs functions given as their text.

import { setTimeout } from 'node:timers/promises';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';
import { serve } from './serve.js';

const LOOK_INTERVAL_MS = 5;

/** @param {string} text */
const evaluate = (text) => (0, eval)(text);

serve({
  /** With what browsers have and not every Node: the packages' `EventSource` and `WebSocket`. */
  start({ likeABrowser }) {
    if (likeABrowser) Object.assign(globalThis, { EventSource, WebSocket });
  },
  run({ function: text, argument }) {
    return evaluate(`(${text})`)(argument);
  },
  async wait({ expression, milliseconds }) {
    const deadline = performance.now() + milliseconds;
    while (!evaluate(expression)) {
      if (performance.now() > deadline) throw new Error(`never: ${expression}`);
      await setTimeout(LOOK_INTERVAL_MS);
    }
  },
});
