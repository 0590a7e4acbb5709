// The text of a message, or an honest stand-in where it has none.

/** @param {string | Uint8Array} data */
export function textOf(data) {
  return typeof data === 'string' ? data : `(binary, ${data.length} bytes)`;
}
