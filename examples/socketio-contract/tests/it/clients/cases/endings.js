// How sockets end, and who is told what.

import { ask, equal, next, until } from '../site.js';

/** Has one socket end, and asks another what the server made of it. */
async function check(site, end, expected, namespace = '/') {
  const [witness, socket] = await Promise.all([site.open(namespace), site.open(namespace)]);
  // Clients 1.x think that they have the id of their connection everywhere.
  const [{ id }] = await ask(socket, 'whoami');
  const told = next(socket, 'disconnect');
  await end(socket);
  const reason = await until('the reason', async () => (await ask(witness, 'last-reason', id))[0]);
  equal(reason, expected);
  const [heard] = await told;
  return { witness, socket, id, heard };
}

export default {
  async 'the client leaves'(site) {
    const { heard } = await check(site, (socket) => socket.disconnect(), 'client namespace disconnect');
    equal(heard, 'io client disconnect');
    await check(site, (socket) => socket.disconnect(), 'client namespace disconnect', '/custom');
  },

  async 'the server sends it away, and leaves the rest of its connection'(site) {
    const { heard } = await check(
      site,
      (socket) => socket.emit('disconnect-me', false),
      'server namespace disconnect',
    );
    equal(heard, 'io server disconnect');
    const main = await site.open();
    const custom = site.join(main, '/custom');
    await next(custom, 'auth');
    const ended = next(custom, 'disconnect');
    custom.emit('disconnect-me', false);
    equal((await ended)[0], 'io server disconnect');
    equal(await ask(main, 'message-with-ack', 'still here'), ['still here']);
  },

  async 'the server sends it away with all that it has'(site) {
    const main = await site.open();
    const custom = site.join(main, '/custom');
    await next(custom, 'auth');
    const ended = Promise.all([next(main, 'disconnect'), next(custom, 'disconnect'), next(main.io.engine, 'close')]);
    custom.emit('disconnect-me', true);
    const [[one], [other]] = await ended;
    equal([one, other], ['io server disconnect', 'io server disconnect']);
  },

  async 'the connection ends, and the client comes back by itself'(site) {
    const { socket, id } = await check(site, (socket) => socket.io.engine.close(), 'transport close');
    await until('its return', () => socket.connected);
    equal(socket.id !== id, true, 'a new id');
    equal(await ask(socket, 'message-with-ack', 'back'), ['back']);
  },

  async 'who waits for an answer of one that goes is told'(site) {
    const [asking, going] = await Promise.all([site.open(), site.open()]);
    await ask(going, 'join', 'going');
    going.on('question', () => going.disconnect());
    equal(await ask(asking, 'ask-all', 'going', 300, 'x'), ['timeout', []]);
  },
};
