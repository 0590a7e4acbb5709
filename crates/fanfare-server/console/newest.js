// What a channel has, asked of the server outside of any subscription.

/** A server answers within milliseconds: after so long, something is wrong. */
const ANSWER_MS_MAX = 5000;

/** The newest id of a channel; none if nothing is stored. @param {string} channel @returns {Promise<Id>} */
export async function newest(channel) {
  const address = `/sub/${encodeURIComponent(channel)}?as=interval&since=-1`;
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const response = await fetch(address, { cache: 'no-store', signal }).catch((error) => {
    throw new Error(reasonOf(error));
  });
  void response.body?.cancel();
  return response.headers.get('Fanfare-Id') ?? '';
}

/** Why a request had no success, as a sentence for a person. @param {unknown} error */
export function reasonOf(error) {
  // The browser tells a page no more than this about a request that found nobody.
  if (error instanceof TypeError) return 'No connection to the server.';
  // A browser keeps six connections to a server, for all tabs together, and this page holds four.
  const late = error instanceof DOMException && error.name === 'TimeoutError';
  if (late) return 'No answer in time. Is this page open in another tab?';
  return error instanceof Error ? error.message : `${error}`;
}
