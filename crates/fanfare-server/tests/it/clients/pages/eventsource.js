// Reads a channel through the browser's own EventSource, which comes back by itself.
({ channel }) => {
  window.heard = [];
  window.connections = 0;
  const source = new EventSource(`/sub/${channel}?as=sse`);
  source.onopen = () => {
    window.connections += 1;
  };
  source.onmessage = ({ data }) => window.heard.push(data);
  source.addEventListener('gap', ({ data }) => window.heard.push(`gap ${data}`));
}
