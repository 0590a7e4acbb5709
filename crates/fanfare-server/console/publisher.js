// The publisher's side: one request after the other, and what the answers tell.

import { idOf, request } from './request.js';
import { publishPath } from './transports/wire.js';

export class Publisher {
  #path;
  /** Settles when the last publish has. @type {Promise<unknown>} */
  #last = Promise.resolve();

  /** @param {string} channel */
  constructor(channel) {
    this.#path = publishPath(channel);
  }

  /**
   * Publishes after everything published before has been answered: the order on the wire is the
   * order of the calls, and one of the browser's few connections is enough.
   * @param {string} text
   * @param {string} event empty for none
   */
  publish(text, event) {
    const published = this.#last.then(() => this.#post(text, event));
    this.#last = published.catch(() => {});
    return published;
  }

  /** @param {string} text @param {string} event @returns {Promise<Published>} */
  async #post(text, event) {
    const headers = { Accept: 'application/json', ...(event && { 'X-EventSource-Event': event }) };
    const sentAt = performance.now();
    const response = await request(this.#path, { method: 'POST', headers, body: text });
    const { subscribers } = await response.json();
    return { id: idOf(response), sentAt, subscribers };
  }
}
