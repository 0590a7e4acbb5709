// The publisher's side: one request after the other, and what the answers tell.

import { refusal } from './refusal.js';
import { publishPath } from './transports/wire.js';

/** A server answers within milliseconds: after so long, something is wrong. */
const ANSWER_MS_MAX = 5000;

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

  /** None if nothing is stored, or it is not told: who may not ask may still listen. */
  async newest() {
    const response = await this.#request({ headers: { Accept: 'application/json' } });
    const { messages } = response.ok ? await response.json() : {};
    return messages > 0 ? idOf(response) : '';
  }

  /** @param {string} text @param {string} event @returns {Promise<Published>} */
  async #post(text, event) {
    const headers = { Accept: 'application/json', ...(event && { 'X-EventSource-Event': event }) };
    const sentAt = performance.now();
    const response = await this.#request({ method: 'POST', headers, body: text });
    if (!response.ok) throw await refusal(response);
    const { subscribers } = await response.json();
    return { id: idOf(response), sentAt, subscribers };
  }

  /** @param {RequestInit} request */
  #request(request) {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    return fetch(this.#path, { ...request, cache: 'no-store', signal });
  }
}

/** Of the message just published, or of the newest one. @param {Response} response */
function idOf(response) {
  return response.headers.get('Fanfare-Id') ?? '';
}
