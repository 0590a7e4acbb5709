// What the transports have in common: paths, and how a gap is written.

/** @param {string} channel */
export const publishPath = (channel) => `/pub/${encodeURIComponent(channel)}`;

/** @param {string} channel */
export const subscribePath = (channel) => `/sub/${encodeURIComponent(channel)}`;

/** The address of a place, for transports that need no more. @param {Place} place @param {string} as */
export function subscribeAddress({ channel, cursor, since }, as) {
  return `${subscribePath(channel)}?as=${as}&since=${cursor || since}`;
}

/** @param {unknown} value @returns {Gap | null} */
export function gapFrom(value) {
  // A publisher may use the name of our signal too: what does not look like a gap is a message.
  const { after, resumed } = Object(value);
  return typeof after === 'string' && typeof resumed === 'string' ? { after, resumed } : null;
}

/** @param {string} json */
export function gapFromJson(json) {
  try {
    return gapFrom(JSON.parse(json));
  } catch {
    return null;
  }
}
