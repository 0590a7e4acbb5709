// Events and acknowledgements.

import { ask, bytes, equal, listen, next, settled } from '../site.js';

/** Clients 1.x write text over polling as UTF-8 twice: what they get back is theirs, garbled. */
const word = ({ major, transports }) => (major === 1 && transports[0] === 'polling' ? 'hello' : 'héllo €😀');

export default {
  async 'values come back as they were sent'(site) {
    const socket = await site.open();
    const values = [word(site), 1.5, null, true, { deep: [[], {}, ['"\\\n']] }, -1.5e-7];
    socket.emit('message', ...values);
    equal(await next(socket, 'message-back'), values);
    socket.emit('message');
    equal(await next(socket, 'message-back'), [], 'no arguments');
  },

  async 'bytes come back from any depth, in their places'(site) {
    if (site.major < 1) return;
    const socket = await site.open();
    const values = [
      { file: bytes(1, 2, 3), list: [bytes(), 'x', { y: bytes(255, 0) }] },
      bytes(...Array(300).keys()),
      // The oldest take this for one of theirs.
      ...(site.major > 1 ? [{ _placeholder: 'not one' }] : []),
    ];
    socket.emit('message', ...values);
    equal(await next(socket, 'message-back'), values);
    equal(await ask(socket, 'message-with-ack', ...values), values, 'acknowledgement');
  },

  async 'a large message survives'(site) {
    if (site.major < 1) return;
    const socket = await site.open();
    const values = ['x'.repeat(300_000), bytes(...Array(60_000).fill(7))];
    equal(await ask(socket, 'message-with-ack', ...values), values);
  },

  async 'acknowledgements find their questions'(site) {
    const socket = await site.open();
    const asked = Array.from({ length: 20 }, (_, number) => ask(socket, 'message-with-ack', number));
    equal(await Promise.all(asked), Array.from({ length: 20 }, (_, number) => [number]));
  },

  async 'the server asks, and waits no longer than it says'(site) {
    const socket = await site.open();
    socket.on('question', (value, answer) => value === 'silence' || answer(`${value}!`, 'more'));
    equal(await ask(socket, 'ask', 10_000, 'who'), ['ok', 'who!']);
    equal(await ask(socket, 'ask', 50, 'silence'), ['timeout', null]);
    equal(await ask(socket, 'ask', 10_000, 'still there'), ['ok', 'still there!']);
  },

  async 'bytes go through questions and their answers'(site) {
    if (site.major < 1) return;
    const socket = await site.open();
    const value = { file: bytes(1, 2), list: [bytes(), 'x'] };
    socket.on('question', (asked, answer) => answer([asked, bytes(3)], bytes(4)));
    equal(await ask(socket, 'ask', 10_000, value), ['ok', [value, bytes(3)]]);
    equal(await ask(socket, 'ask', 10_000, bytes(5)), ['ok', [bytes(5), bytes(3)]]);
    equal(await ask(socket, 'ask-all', socket.id, 10_000, value), ['ok', [[value, bytes(3)]]]);
  },

  async 'an answer may be nothing'(site) {
    const socket = await site.open();
    socket.on('question', (_, answer) => answer());
    equal(await ask(socket, 'ask', 10_000, 'who'), ['ok', null]);
    equal(await ask(socket, 'ask-all', socket.id, 10_000, 'who'), ['ok', [null]]);
  },

  async 'a late answer has no effect'(site) {
    const socket = await site.open();
    const late = next(socket, 'question');
    equal(await ask(socket, 'ask', 20, 'slow'), ['timeout', null]);
    const [, answer] = await late;
    answer('too late');
    await settled(socket);
  },

  async 'everybody is asked, and some do not answer'(site) {
    const sockets = [await site.open(), await site.open(), await site.open()];
    for (const [index, socket] of sockets.entries()) {
      await ask(socket, 'join', 'asked');
      socket.on('question', (value, answer) => (value === 'all' || index < 2) && answer(value + index));
    }
    const [all, answers] = await ask(sockets[0], 'ask-all', 'asked', 10_000, 'all');
    equal([all, answers.sort()], ['ok', ['all0', 'all1', 'all2']]);
    const [some, partial] = await ask(sockets[0], 'ask-all', 'asked', 1_500, 'some');
    equal([some, partial.sort()], ['timeout', ['some0', 'some1']]);
    equal(await ask(sockets[0], 'ask-all', 'nobody here', 10_000, 'x'), ['ok', []]);
  },

  async 'a burst arrives in order'(site) {
    const socket = await site.open();
    const heard = listen(socket, 'n');
    socket.emit('burst', 500, 100);
    await settled(socket);
    equal(heard.map(([, number]) => number), [...Array(500).keys()]);
    equal(heard[499][2].length, 100);
  },

  async 'a volatile burst arrives in order, as far as it does'(site) {
    const socket = await site.open();
    const heard = listen(socket, 'v');
    equal(await ask(socket, 'volatile-burst', 50), ['ok']);
    await settled(socket);
    const seen = heard.map(([, number]) => number);
    equal(seen, [...new Set(seen)].sort((one, other) => one - other), 'order');
    if (site.transports[0] === 'websocket') equal(seen.length, 50, 'all go over an open socket');
  },

  async 'bytes may be volatile'(site) {
    if (site.major < 1) return;
    const socket = await site.open();
    const heard = listen(socket, 'v');
    for (const values of [[bytes(1), { deep: bytes(2) }, 'x'], ['no bytes', 1], []]) {
      equal(await ask(socket, 'volatile-with-ack', 'v', values), ['ok']);
      await settled(socket);
      const times = site.transports[0] === 'websocket' ? 1 : heard.length;
      equal(heard.splice(0), Array(times).fill(['v', ...values]));
    }
  },

  async 'what a guard refuses has no effect but the error'(site) {
    const socket = await site.open();
    const heard = listen(socket, 'mw-error', 'message-back');
    socket.emit('forbidden', 1);
    socket.emit('message', 2);
    await settled(socket);
    equal(heard, [['mw-error', 'forbidden event'], ['message-back', 2]]);
  },

  async 'an event that nobody handles does no harm'(site) {
    const socket = await site.open();
    socket.emit('nobody handles this', { a: 1 }, () => {});
    equal(await ask(socket, 'message-with-ack', 'on'), ['on']);
  },

  async 'an event may be sent later'(site) {
    const socket = await site.open();
    socket.emit('emit-later', 20, 'later', 1, 'two');
    equal(await next(socket, 'later'), [1, 'two']);
  },

  async 'a client that has a timeout is told of it'(site) {
    if (site.major < 4) return;
    const socket = await site.open();
    const failed = await new Promise((resolve) => socket.timeout(30).emit('nobody handles this', resolve));
    equal(failed.message, 'operation has timed out');
    equal(await socket.timeout(10_000).emitWithAck('message-with-ack', 5), 5);
  },

  async 'what is retried arrives in order'(site) {
    if (site.major < 4) return;
    const socket = await site.open('/', { retries: 3, ackTimeout: 5_000 });
    const answers = [1, 2, 3].map(
      (number) => new Promise((resolve) => socket.emit('message-with-ack', number, (error, value) => resolve([error, value]))),
    );
    equal(await Promise.all(answers), [[null, 1], [null, 2], [null, 3]]);
  },
};
