// What the server says when it refuses, as one sentence for a person.

/** The browser tells a page no more than this when a request never got an answer. */
export const UNREACHABLE = 'No connection to the server.';

/**
 * Reads `{"code", "message", "setting"}` from an answer that is not a success.
 * @param {Response} response
 */
export async function refusal(response) {
  const { message, setting } = await reasons(response);
  const said = typeof message === 'string' && message !== '' ? message : response.statusText;
  const decidedBy = typeof setting === 'string' ? ` (setting: ${setting})` : '';
  return `${response.status} ${said}${decidedBy}`.trim();
}

/**
 * A proxy in between may answer with a body that is not JSON.
 * @param {Response} response
 * @returns {Promise<{ message?: unknown, setting?: unknown }>}
 */
async function reasons(response) {
  try {
    return Object(await response.json());
  } catch {
    return {};
  }
}
