// Listens with the client that speaks nothing but the relay protocol, and notes what it says.
async ({ module, url, after }) => {
  const { subscribe, publish } = await import(module);
  globalThis.notes = { heard: [], cursors: [], errors: 0, ended: null };
  globalThis.publish = publish;
  const hear = ({ text, lastModified, etag }) => {
    notes.heard.push(text);
    notes.cursors.push({ lastModified, etag });
  };
  globalThis.relay = subscribe(url, hear, {
    after,
    onEnd: (status) => (notes.ended = status),
    onError: () => (notes.errors += 1),
  });
}
