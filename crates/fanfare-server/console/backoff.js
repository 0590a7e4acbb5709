// How long to stay away from a server that does not answer.

const FIRST_MS = 500;
const WAIT_MS_MAX = 15_000;

/**
 * Doubles with each attempt. Half of it is random, so that the listeners of a server that has
 * just come back do not all arrive in the same moment.
 * @param {number} attempt from 0
 */
export function backoff(attempt) {
  const wait = Math.min(FIRST_MS * 2 ** attempt, WAIT_MS_MAX);
  return wait / 2 + Math.random() * (wait / 2);
}
