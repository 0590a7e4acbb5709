// Reads a channel over WebSocket; comes back with its cursor.
({ channel, pause }) => {
  const FRAME = /^id: (.*)\n(?:content-type: .*\n)?\n([^]*)$/;
  window.heard = [];
  window.connections = 0;
  let cursor = null;
  const connect = () => {
    const query = cursor === null ? '' : `?last_event_id=${encodeURIComponent(cursor)}`;
    const socket = new WebSocket(`ws://${location.host}/sub/${channel}${query}`, 'ws+meta.nchan');
    socket.onopen = () => {
      window.connections += 1;
    };
    socket.onmessage = ({ data }) => {
      const [, id, text] = FRAME.exec(data);
      cursor = id;
      window.heard.push(text);
    };
    socket.onclose = () => setTimeout(connect, pause);
  };
  connect();
}
