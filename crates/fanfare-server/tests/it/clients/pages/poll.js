// Reads a channel by long-polling with fetch; the cursor travels as the protocol has it.
({ channel, pause }) => {
  window.heard = [];
  let conditions = {};
  const poll = async () => {
    const response = await fetch(`/sub/${channel}`, { headers: conditions, cache: 'no-store' });
    const text = await response.text();
    if (response.status === 304) return;
    window.heard.push(response.ok ? text : `status ${response.status}`);
    conditions = {
      'If-Modified-Since': response.headers.get('Last-Modified'),
      'If-None-Match': response.headers.get('Etag'),
    };
  };
  const pollOn = async () => {
    for (;;) {
      // A poll that was cut has not moved the cursor.
      await poll().catch(() => new Promise((resolve) => setTimeout(resolve, pause)));
    }
  };
  void pollOn();
}
