// What clients 0.7 to 0.9 have that others have not, at the mount that is theirs.

import { ask, equal, listen, next, until } from '../site.js';

/** A socket that was greeted. */
async function open(site, namespace = '/', options = {}) {
  const socket = site.begin(namespace, options);
  equal(await next(socket, 'welcome'), [{ ok: true }]);
  return socket;
}

/** The next message after something was done. */
async function message(socket, begin) {
  const heard = next(socket, 'message');
  begin();
  return (await heard)[0];
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export default {
  async 'messages are text or JSON, and come back as that'(site) {
    const socket = await open(site);
    equal(socket.io.transport(), site.transports[0]);
    for (const text of ['hello', 'h€llo 😀', '', ':::', '3:::x', '�1�x', '{"a":1}', 'x'.repeat(20_000)]) {
      equal(await message(socket, () => socket.send(text)), text);
    }
    for (const value of [{ a: 1, b: ['é', null] }, [], 5, 'text', null, true]) {
      equal(await message(socket, () => socket.json.send(value)), value);
    }
  },

  async 'a message asks for a receipt'(site) {
    const socket = await open(site);
    await new Promise((resolve) => socket.send('x', resolve));
    await new Promise((resolve) => socket.json.send({ a: 1 }, resolve));
  },

  async 'events come back as they were sent'(site) {
    const socket = await open(site);
    for (const values of [['x', 1, { deep: [[], {}, ['"\\\n']] }], [], [null], [[1, 2]], ['h€llo 😀']]) {
      const heard = next(socket, 'echo-back');
      socket.emit('echo', ...values);
      equal(await heard, values);
    }
    // Names that are call-backs of later clients are names like others, with no effect here.
    for (const name of ['connect', 'disconnect', 'disconnecting', 'newListener']) socket.emit(name, 1);
    equal(await ask(socket, 'with-ack', 'x', 1), ['x', 1]);
  },

  async 'what is said at once arrives in order'(site) {
    const socket = await open(site);
    const heard = listen(socket, 'message', 'echo-back');
    for (let number = 0; number < 100; number++) {
      if (number % 2) socket.emit('echo', number);
      else socket.send(String(number));
    }
    await until('all', () => heard.length === 100);
    equal(heard.map(([, value]) => Number(value)), [...Array(100).keys()]);
  },

  async 'acknowledgements go both ways'(site) {
    const socket = await open(site);
    equal(await ask(socket, 'with-ack'), []);
    const asked = Array.from({ length: 20 }, (_, number) => ask(socket, 'with-ack', number, 'é'));
    equal(await Promise.all(asked), Array.from({ length: 20 }, (_, number) => [number, 'é']));
    socket.on('question', (value, answer) => answer(`${value}!`, [1]));
    equal(await ask(socket, 'ask', 'who'), ['who!', [1]]);
    socket.on('message', (value, answer) => answer?.(value, 'heard'));
    equal(await ask(socket, 'ask-by-message', 'text'), ['text', 'heard']);
    equal(await ask(socket, 'ask-by-message', { a: 1 }), [{ a: 1 }, 'heard']);
  },

  async 'a namespace is another socket on the same connection'(site) {
    const main = await open(site);
    const custom = site.join(main, '/custom');
    equal(await next(custom, 'welcome'), [{ ok: true }]);
    const heard = listen(main, 'message', 'echo-back');
    equal(await message(custom, () => custom.send('text')), 'text');
    equal(await message(custom, () => custom.json.send({ a: 1 })), { a: 1 });
    equal(await ask(custom, 'with-ack', 1), [1]);
    await new Promise((resolve) => custom.send('x', resolve));
    custom.on('question', (value, answer) => answer(value, 'custom'));
    equal(await ask(custom, 'ask', 'who'), ['who', 'custom']);
    equal(heard, []);
    custom.disconnect();
    equal(await ask(main, 'with-ack', 'still here'), ['still here']);
  },

  async 'who talks before a guard has answered is heard once it has'(site) {
    const socket = site.begin('/slow');
    socket.send('first');
    socket.emit('echo', 'second');
    const heard = listen(socket, 'message', 'echo-back');
    equal(await ask(socket, 'with-ack', 'third'), ['third']);
    equal(heard, [['message', 'first'], ['echo-back', 'second']]);
  },

  async 'who is not let in hears that, and may stay elsewhere'(site) {
    const main = await open(site);
    const admin = site.join(main, '/admin');
    admin.emit('echo', 'lost');
    await next(admin, 'connect_failed');
    admin.emit('echo', 'lost as well');
    equal(await ask(main, 'with-ack', 'still here'), ['still here']);
  },

  async 'everybody hears what is said to all'(site) {
    const sockets = await Promise.all([open(site), open(site), open(site, '/custom')]);
    const heard = sockets.map((socket) => listen(socket, 'for-all'));
    sockets[0].emit('send-to-all', 'x', { a: 1 });
    await until('all', () => heard[0].length && heard[1].length);
    equal(heard, [[['for-all', 'x', { a: 1 }]], [['for-all', 'x', { a: 1 }]], []]);
  },

  async 'bytes come as base64'(site) {
    const socket = await open(site);
    const heard = next(socket, 'bytes');
    socket.emit('send-bytes');
    equal(await heard, ['AQID', ['/w==']]);
  },

  async 'the client leaves'(site) {
    const [witness, socket] = await Promise.all([open(site), open(site)]);
    const { id } = socket;
    const ended = next(socket, 'disconnect');
    socket.disconnect();
    equal(await ended, ['booted']);
    const reason = await until('the reason', async () => (await ask(witness, 'last-reason', id))[0]);
    // The end of its poll may come first, and is what the server notices then.
    const others = site.transports[0] === 'polling' ? ['transport error'] : [];
    equal(['client namespace disconnect', ...others].includes(reason), true, reason);
  },

  async 'the server sends it away, and it stays away'(site) {
    const witness = await open(site);
    for (const close of [false, true]) {
      const socket = await open(site);
      const { id } = socket;
      const custom = site.join(socket, '/custom');
      await next(custom, 'welcome');
      const back = listen(socket.socket, 'reconnecting');
      const ended = Promise.all([next(socket, 'disconnect'), next(custom, 'disconnect')]);
      socket.emit('leave-me', close);
      equal(await ended, [['booted'], ['booted']]);
      equal(await ask(witness, 'last-reason', id), ['server namespace disconnect']);
      await wait(100);
      equal(back, []);
    }
  },

  async 'the server sends it out of a namespace'(site) {
    const main = await open(site);
    const custom = site.join(main, '/custom');
    await next(custom, 'welcome');
    const ended = next(custom, 'disconnect');
    custom.emit('leave-me', false);
    await ended;
    equal(await ask(main, 'with-ack', 'still here'), ['still here']);
  },

  async 'it comes back after a break, into its namespaces'(site, cutter) {
    // Pages have none.
    if (!cutter) return;
    const main = await open(site, '/', { url: cutter.url });
    const custom = site.join(main, '/custom');
    await next(custom, 'welcome');
    const { id } = main;
    const greeted = Promise.all([next(main, 'welcome'), next(custom, 'welcome')]);
    const events = Promise.all([next(main, 'disconnect'), next(main, 'reconnect')]);
    if (main.io.version < '0.8') {
      // They wait, for nothing, as long as they were told when they last heard something.
      main.socket.closeTimeout = 500;
      await ask(main, 'with-ack', 1);
    }
    cutter.cut();
    await events;
    await greeted;
    equal(main.id !== id, true, 'a new id');
    equal(await ask(main, 'with-ack', 'back'), ['back']);
    equal(await ask(custom, 'with-ack', 'back'), ['back']);
  },

  async 'polls and heartbeats come and go'(site) {
    const socket = await open(site);
    const breaks = listen(socket, 'disconnect');
    // Whoever does not answer the heartbeats is given 15 seconds.
    await wait(17_000);
    equal(await ask(socket, 'with-ack', 'still here'), ['still here']);
    equal(breaks, []);
  },
};
