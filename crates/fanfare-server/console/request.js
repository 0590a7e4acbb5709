// Requests answered at once, and why one had no success, as a sentence for a person.

/** A server answers within milliseconds: after so long, something is wrong. */
const ANSWER_MS_MAX = 5000;

/** The server answered, with a no. */
export class Refused extends Error {}

/** @param {string} path @param {RequestInit} [init] */
export async function request(path, init) {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const response = await fetch(path, {
    headers: { Accept: 'application/json' },
    cache: 'no-store',
    signal,
    ...init,
  });
  if (!response.ok && response.status !== 304) throw await refusal(response);
  return response;
}

/** Of the message that came or was published. @param {Response} response */
export function idOf(response) {
  return response.headers.get('Fanfare-Id') ?? '';
}

/** Reads `{"message", "setting"}`; a proxy may send something else. @param {Response} response */
export async function refusal(response) {
  const { message, setting } = Object(await response.json().catch(() => null));
  const decidedBy = setting ? ` (setting: ${setting})` : '';
  return new Refused(`${response.status} ${message ?? response.statusText}${decidedBy}`.trim());
}

/** @param {unknown} error */
export function reasonOf(error) {
  if (error instanceof Refused) return error.message;
  // The browser tells a page no more than this about a request that found nobody.
  if (error instanceof TypeError) return 'No connection to the server.';
  // A browser keeps six connections to a server, for all tabs together, and this page holds four.
  const late = error instanceof DOMException && error.name === 'TimeoutError';
  return late ? 'No answer in time. Is this page open in another tab?' : `Not understood: ${error}.`;
}
