// What a channel has, asked of the server outside of any subscription.

/** A server answers within milliseconds: after so long, something is wrong. */
const ANSWER_MS_MAX = 5000;

/** The newest id of a channel; none if nothing is stored. @param {string} channel @returns {Promise<Id>} */
export async function newest(channel) {
  const address = `/sub/${encodeURIComponent(channel)}?as=interval&since=-1`;
  const response = await promptly(address, { cache: 'no-store' }).catch((error) => {
    throw new Error(reasonOf(error));
  });
  void response.body?.cancel();
  return response.headers.get('Fanfare-Id') ?? '';
}

/** `fetch` for requests that are answered at once. @type {typeof fetch} */
export function promptly(address, init) {
  return fetch(address, { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
}

/** Why a request had no success, as a sentence for a person. @param {unknown} error */
export function reasonOf(error) {
  // The browser tells a page no more than this about a request that found nobody.
  if (error instanceof TypeError) return 'No connection to the server.';
  // A request that finds no free connection waits for one, and nobody says so.
  const late = error instanceof DOMException && error.name === 'TimeoutError';
  if (late) return 'No answer in time. A browser keeps six connections to a server: do other tabs have them?';
  return error instanceof Error ? error.message : `${error}`;
}
