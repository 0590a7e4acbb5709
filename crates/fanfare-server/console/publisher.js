// The publisher's side: one request after the other, and what the answers tell.

import { UNREACHABLE, refusal } from './refusal.js';
import { publishPath } from './transports/transport.js';

/** A server on the same machine answers within milliseconds; this long means something is wrong. */
const ANSWER_MS_MAX = 5000;

/**
 * @typedef {object} Published
 * @property {string} id
 * @property {number} sentAt ms on the page's clock, just before the request left
 * @property {number} subscribers who were listening
 */

/** The server said no, and this is why. */
export class Refused extends Error {}

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
   * @returns {Promise<Published>}
   */
  publish(text, event) {
    const published = this.#last.then(() => this.#post(text, event));
    this.#last = published.catch(() => {});
    return published;
  }

  /**
   * Asks for the newest id of the channel.
   *
   * Rejects when there is no answer. A refusal is not a failure: who may not ask may still listen.
   * @returns {Promise<string | null>} null if there is none, or it is not told
   */
  async newest() {
    const response = await this.#request({ method: 'GET', headers: { Accept: 'application/json' } });
    const { last_message_id: id } = response.ok ? await response.json() : {};
    return typeof id === 'string' && !NOTHING_YET.has(id) ? id : null;
  }

  /**
   * @param {string} text
   * @param {string} event
   * @returns {Promise<Published>}
   */
  async #post(text, event) {
    const sentAt = performance.now();
    const response = await this.#request({
      method: 'POST',
      headers: { Accept: 'application/json', ...(event && { 'X-EventSource-Event': event }) },
      body: text,
    });
    if (!response.ok) throw new Refused(await refusal(response));
    const { last_message_id: id, subscribers } = await response.json();
    return { id, sentAt, subscribers };
  }

  /** @param {RequestInit} request */
  #request(request) {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    return fetch(this.#path, { ...request, cache: 'no-store', signal });
  }
}

/** What stands for "no message" where an id is due. */
const NOTHING_YET = new Set(['', '0', '0:0']);

/**
 * Why a request got no good answer, for a person.
 * @param {unknown} error
 */
export function reasonOf(error) {
  if (error instanceof Refused) return error.message;
  const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
  return timedOut ? `No answer within ${ANSWER_MS_MAX / 1000} s.` : UNREACHABLE;
}
