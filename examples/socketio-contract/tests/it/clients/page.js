// Runs the cases in a page that has loaded the client.

import endings from './cases/endings.js';
import namespaces from './cases/namespaces.js';
import rooms from './cases/rooms.js';
import talk from './cases/talk.js';
import { Site, forget, listen, next, unpause } from './site.js';

const cases = { ...talk, ...rooms, ...namespaces, ...endings };
let site;

/** Returns the names of the cases. */
globalThis.start = (options) => {
  site = new Site({ io: globalThis.io, major: 4, url: location.origin, ...options });
  return Object.keys(cases);
};

globalThis.perform = async (name) => {
  try {
    await cases[name](site);
  } finally {
    site.close();
  }
};

/** Opens a socket whose connections are cut; `state` tells what became of it. */
globalThis.open = async () => {
  const socket = site.begin('/', { timeout: 2_000 });
  unpause(socket);
  await next(socket, 'connect');
  const heard = listen(socket, 'm');
  const breaks = listen(socket, 'disconnect');
  const { id } = socket;
  socket.on('disconnect', () => forget(socket));
  globalThis.state = () => ({
    heard: heard.map(([, number]) => number),
    breaks: breaks.length,
    isSame: !socket.connected || socket.id === id,
    isConnected: socket.connected,
  });
};
