// Why a request had no success, as one sentence for a person.

/** The server answered, with a no. */
export class Refused extends Error {}

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
