// The text of a message, or an honest stand-in where it has none.

/** @param {ArrayBuffer} bytes */
export function textOf(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return binary(bytes.byteLength);
  }
}

/** @param {number} length in bytes */
export function binary(length) {
  return `(binary, ${length} bytes)`;
}
