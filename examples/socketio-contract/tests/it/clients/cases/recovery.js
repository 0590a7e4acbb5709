// Clients that come back after a break, and are given what they missed.

import { ask, equal, forget, listen, next, settled, unpause, until } from '../site.js';

/** Longer than the mount keeps anybody's place. */
const EXPIRED_MS = 4_500;

/** Breaks that a client has to survive, and the bytes after which its connections break. */
const BREAKS = 50;
const BYTES_TO_BREAK = [100, 6_000];

/**
 * Events that may be on their way. A client gets on only when it is given all of them in one go,
 * and each time it is not, its greeting is one more: they have to be far less than what connections
 * carry, or there is no end to it.
 */
const BEHIND_MAX = 20;

/** A socket through the cutter, with a room and data, that has heard something. */
async function open(site, cutter, options) {
  const socket = site.begin('/', { url: cutter.url, ...options });
  unpause(socket);
  await next(socket, 'auth');
  await ask(socket, 'join', 'red');
  await ask(socket, 'data-set', 'kept');
  return socket;
}

/** Breaks its connection, however often that takes: between two polls there is none. */
const broken = (socket, cut) => until('the break', () => !socket.connected || cut());

async function isBack(socket) {
  if (!socket.connected) await next(socket, 'connect');
}

/** The values of what was heard, without the offsets. */
const values = (heard) => heard.map(([event, value]) => [event, value]);

async function stays(socket, id) {
  equal([socket.id, socket.recovered], [id, true], 'it is the same');
  const [{ id: told, recovered, rooms }] = await ask(socket, 'whoami');
  equal([told, recovered, rooms], [id, true, [id, 'red'].sort()]);
  equal(await ask(socket, 'data-get'), ['kept']);
}

/** What happens while a client is away, and what it hears of that. */
async function check(site, cutter, { cut = () => cutter.cut(), before = () => {}, meanwhile, expected }) {
  const others = await site.open();
  const socket = await open(site, cutter);
  const { id } = socket;
  await before(socket, others);
  const heard = listen(socket, 'm', 'room', 'own', 'v');
  socket.io.reconnection(false);
  await broken(socket, cut);
  await meanwhile(others, id);
  await settled(others);
  socket.io.reconnection(true);
  socket.connect();
  await isBack(socket);
  await stays(socket, id);
  equal(values(heard), expected);
}

export default {
  async 'who comes back hears what was said meanwhile, once and in order'(site, cutter) {
    await check(site, cutter, {
      async meanwhile(others, id) {
        others.emit('broadcast', 'm', 1);
        others.emit('to', 'red', 'room', 2);
        others.emit('to', 'blue', 'room', 'not in there');
        others.emit('except', 'red', 'm', 'not meant');
        others.emit('to', id, 'own', 3);
        others.emit('all', 'm', 4);
      },
      expected: [['m', 1], ['room', 2], ['own', 3], ['m', 4]],
    });
  },

  async 'what was asked for before the break is heard after it'(site, cutter) {
    const socket = await open(site, cutter);
    const { id } = socket;
    const heard = next(socket, 'm');
    socket.emit('emit-later', 30, 'm', 'late');
    await settled(socket);
    await broken(socket, () => cutter.cut());
    await isBack(socket);
    equal((await heard)[0], 'late');
    await stays(socket, id);
  },

  async 'who comes back again and again is the same'(site, cutter) {
    const others = await site.open();
    const socket = await open(site, cutter);
    const { id } = socket;
    const heard = listen(socket, 'm');
    for (const number of [1, 2, 3]) {
      await broken(socket, () => cutter.cut());
      others.emit('all', 'm', number);
      await isBack(socket);
      await stays(socket, id);
    }
    equal(values(heard), [['m', 1], ['m', 2], ['m', 3]]);
  },

  async 'a volatile text is not taken for a place'(site, cutter) {
    await check(site, cutter, {
      async before(socket) {
        await ask(socket, 'volatile-with-ack', 'v', ['a text that is no offset']);
        await settled(socket);
      },
      meanwhile: (others) => others.emit('all', 'm', 1),
      expected: [['m', 1]],
    });
  },

  async 'a place from an earlier life is not gone back to'(site, cutter) {
    const others = await site.open();
    const first = await open(site, cutter);
    const offset = first._lastOffset;
    equal(typeof offset, 'string');
    others.emit('all', 'm', 'before');
    await settled(others);
    await check(site, cutter, {
      // As if this client had been the first one, and its place had expired.
      before: (socket) => void (socket._lastOffset = offset),
      meanwhile: (others) => others.emit('all', 'm', 'after'),
      expected: [['m', 'after']],
    });
  },

  async 'who has heard nothing yet misses nothing either'(site, cutter) {
    await check(site, cutter, {
      before: (socket) => void (socket._lastOffset = undefined),
      meanwhile: (others) => others.emit('all', 'm', 1),
      expected: [['m', 1]],
    });
  },

  async 'who is back before its break was noticed takes its place over'(site, cutter) {
    await check(site, cutter, {
      cut: () => cutter.forget(),
      async meanwhile(others, id) {
        // To the server it is still there. (A poll may have been repeated: that it would notice.)
        const [ids] = await ask(others, 'sockets-in', 'red');
        if (site.transports[0] === 'websocket') equal(ids, [id]);
        others.emit('all', 'm', 'into the dead connection');
        others.emit('to', 'red', 'room', 2);
      },
      expected: [['m', 'into the dead connection'], ['room', 2]],
    });
  },

  async 'fifty breaks at random lose nothing and repeat nothing'(site, cutter) {
    const others = await site.open();
    // It does not notice by itself that a WebSocket breaks before it has said anything.
    const socket = await open(site, cutter, { timeout: 1_000 });
    const { id } = socket;
    const heard = listen(socket, 'm');
    const breaks = listen(socket, 'disconnect');
    socket.on('disconnect', () => forget(socket));
    cutter.cutEachAfter(...BYTES_TO_BREAK, 1);
    let count = 0;
    while (breaks.length < BREAKS) {
      for (let i = 0; i < 10; i++) others.emit('all', 'm', count++);
      await settled(others);
      await until('it keeps up', () => heard.length + BEHIND_MAX >= count);
    }
    cutter.spare();
    cutter.cut();
    others.emit('all', 'm', count++);
    await until('the rest', () => heard.length >= count);
    equal(heard.map(([, number]) => number), [...Array(count).keys()]);
    equal(socket.id, id);
    return `${count} events, ${breaks.length} breaks: none lost, none twice`;
  },

  async 'who leaves has no place to come back to'(site, cutter) {
    const socket = await open(site, cutter);
    const { id } = socket;
    socket.disconnect();
    socket.connect();
    await isBack(socket);
    equal([socket.recovered, socket.id === id], [false, false]);
  },

  async 'a made-up place is a new beginning'(site, cutter) {
    for (const auth of [{ pid: 'x', offset: 'y' }, { pid: 7, offset: {} }, { pid: 'x'.repeat(5_000) }]) {
      const socket = site.begin('/', { url: cutter.url, auth });
      equal((await next(socket, 'auth'))[0], auth);
      equal(socket.recovered, false);
    }
  },

  async 'every namespace of a connection is recovered'(site, cutter) {
    const others = await site.open('/custom');
    const main = await open(site, cutter);
    const custom = site.join(main, '/custom');
    await next(custom, 'auth');
    const ids = [main.id, custom.id];
    const heard = listen(custom, 'm');
    await broken(main, () => cutter.cut());
    others.emit('all', 'm', 1);
    await Promise.all([isBack(main), isBack(custom)]);
    await settled(main, custom);
    equal([main.id, custom.id, main.recovered, custom.recovered], [...ids, true, true]);
    equal(values(heard), [['m', 1]]);
  },

  async 'a place is kept for a while only'(site, cutter) {
    const socket = await open(site, cutter);
    const { id } = socket;
    socket.io.reconnection(false);
    await broken(socket, () => cutter.cut());
    await new Promise((resolve) => setTimeout(resolve, EXPIRED_MS));
    socket.connect();
    await isBack(socket);
    equal([socket.recovered, socket.id === id], [false, false]);
    equal((await ask(socket, 'rooms'))[0], [socket.id]);
    await until('its end', async () => (await ask(socket, 'last-reason', id))[0]);
  },
};
