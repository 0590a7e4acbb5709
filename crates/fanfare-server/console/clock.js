// The clock channel: the server ticks every 5 s, but only while somebody listens.

import { part } from './part.js';
import { duration } from './rows.js';
import { subscribePath } from './transports/transport.js';

export class Clock {
  #root;
  #toggle;
  /** @type {EventSource | null} */
  #source = null;
  #ticks = 0;
  /** @type {number | null} */
  #lastAt = null;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#toggle = part(root, '#clock-toggle', HTMLButtonElement);
    this.#toggle.onclick = () => (this.#source ? this.#stop() : this.listen());
  }

  listen() {
    this.#source = new EventSource(`${subscribePath('clock')}?as=sse&since=now`);
    this.#source.onmessage = ({ data }) => this.#tick(data);
    this.#source.onopen = () => this.#say('waiting for the next tick');
    // This one is left to the browser, which tries again by itself.
    this.#source.onerror = () => this.#say('no connection, trying again');
    this.#show(true);
    this.#say('connecting');
  }

  #stop() {
    this.#source?.close();
    this.#source = null;
    this.#lastAt = null;
    this.#show(false);
    this.#say('not listening, so it may not tick');
  }

  /** @param {string} data */
  #tick(data) {
    const now = performance.now();
    const since = this.#lastAt === null ? '' : `, ${duration(now - this.#lastAt)} after the last`;
    this.#lastAt = now;
    this.#ticks += 1;
    part(this.#root, '#clock-time').textContent = data;
    this.#say(`tick ${this.#ticks}${since}`);
    const dot = part(this.#root, '#clock-dot');
    for (const animation of dot.getAnimations()) animation.cancel();
    dot.classList.remove('tick');
    // Reading a size makes the browser notice that the class was gone, so the pulse runs again.
    void dot.offsetWidth;
    dot.classList.add('tick');
  }

  /** @param {boolean} listening */
  #show(listening) {
    this.#toggle.setAttribute('aria-checked', String(listening));
  }

  /** @param {string} text */
  #say(text) {
    part(this.#root, '#clock-note').textContent = text;
  }
}
