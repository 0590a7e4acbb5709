// Socket.IO clients 0.7 to 0.9, with as much of today's interface as tests use.

const NAMES = { jsonp: 'jsonp-polling', polling: 'xhr-polling', websocket: 'websocket' };

/** A client as a function that connects. */
export function connector(io) {
  return (address, { path = '/socket.io', transports, query = {} }) => {
    const { origin, pathname } = new URL(address);
    // As an option it would be mixed with the default.
    io.transports = transports.map((transport) => NAMES[transport]);
    const socket = io.connect(origin + pathname.replace(/^\/$/, ''), {
      resource: path.slice(1),
      query: new URLSearchParams(query).toString(),
      'force new connection': true,
      'reconnection delay': 10,
      'max reconnection attempts': 20,
    });
    // What nobody listens to is thrown.
    socket.socket.on('error', () => {});
    return dress(socket, io);
  };
}

function dress(namespace, io) {
  const { name, socket } = namespace;
  namespace.on('error', () => {});
  return Object.defineProperties(namespace, {
    id: { get: () => (name ? `${name}#` : '') + socket.sessionid },
    connected: { get: () => socket.connected },
    off: { value: (event) => namespace.removeAllListeners(event) },
    close: { value: () => namespace.disconnect() },
    io: {
      value: {
        version: io.version,
        engine: { close: () => socket.transport.onClose() },
        socket: (other) => dress(socket.of(other), io),
        reconnection: () => {},
        /** The name of the transport, as cases have it. */
        transport: () => Object.keys(NAMES).find((name) => NAMES[name] === socket.transport.name),
      },
    },
  });
}
