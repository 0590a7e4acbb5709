// Reads a channel with fetch, a line of JSON per message; comes back with its cursor.
({ channel, pause }) => {
  window.heard = [];
  window.connections = 0;
  let cursor = 'all';
  const read = async () => {
    const response = await fetch(`/sub/${channel}?as=ndjson&since=${encodeURIComponent(cursor)}`);
    window.connections += 1;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split('\n');
      rest = lines.pop();
      for (const line of lines.filter(Boolean)) {
        const { id, data } = JSON.parse(line);
        cursor = id ?? cursor;
        window.heard.push(data ?? line);
      }
    }
  };
  const readOn = async () => {
    for (;;) {
      // A cut is an error here; whether it is one or an end, the cursor knows where to go on.
      await read().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  void readOn();
}
