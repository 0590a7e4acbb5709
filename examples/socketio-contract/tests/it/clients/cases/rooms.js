// Who hears what.

import { ask, bytes, equal, listen, next, settled } from '../site.js';

/** Three sockets; the first and the second are in `red`, the second and the third in `blue`. */
async function three(site) {
  const sockets = await Promise.all([site.open(), site.open(), site.open()]);
  await ask(sockets[0], 'join', 'red');
  await ask(sockets[1], 'join', 'red');
  await ask(sockets[1], 'join', 'blue');
  equal(await ask(sockets[2], 'join', 'blue'), ['ok']);
  return sockets;
}

/** Has the first say something, and compares who hears it: one text of `abc` for each time. */
async function check(major, sockets, said, expected) {
  const heard = sockets.map((socket) => listen(socket, 'heard'));
  // Clients before 1.0 have no bytes.
  const value = major < 1 ? 'y' : bytes(1);
  sockets[0].emit(...said, 'heard', 'x', value);
  await settled(sockets[0]);
  await settled(...sockets);
  for (const socket of sockets) socket.off ? socket.off('heard') : socket.removeAllListeners('heard');
  const who = heard.map((events, index) => 'abc'[index].repeat(events.length)).join('');
  equal(who, expected, said.join(' '));
  equal(heard.flat()[0], ['heard', 'x', value]);
}

export default {
  async 'a socket is in its own room, and in those it joined'(site) {
    const socket = await site.open();
    const own = socket.id;
    equal(await ask(socket, 'rooms'), [[own]]);
    await ask(socket, 'join', 'red');
    await ask(socket, 'join', 'red');
    equal((await ask(socket, 'rooms'))[0], [own, 'red'].sort());
    equal(await ask(socket, 'leave', 'red'), ['ok']);
    equal(await ask(socket, 'rooms'), [[own]]);
    equal(await ask(socket, 'whoami'), [{ id: socket.id, recovered: false, rooms: [own] }]);
  },

  async 'who may not join is told why'(site) {
    const socket = await site.open();
    equal(await ask(socket, 'join', 'x'.repeat(1_025)), ['the name of a room has at most 1024 bytes']);
    equal(await ask(socket, 'rooms'), [[socket.id]]);
    const rooms = Array.from({ length: 1_000 }, (_, number) => `room ${number}`);
    equal(await ask(socket, 'make-join', socket.id, rooms), ['ok']);
    equal(await ask(socket, 'join', 'one more'), ['a socket is in at most 1000 rooms']);
    equal(await ask(socket, 'make-join', socket.id, 'one more'), ['a socket is in at most 1000 rooms']);
    equal(await ask(socket, 'join', rooms[7]), ['ok'], 'it is in there already');
  },

  async 'an emitter reaches whom it means, each once'(site) {
    const sockets = await three(site);
    const ids = sockets.map(({ id }) => id);
    await check(site.major, sockets, ['to', 'red'], 'b');
    await check(site.major, sockets, ['to', ['red', 'blue']], 'bc');
    await check(site.major, sockets, ['to', ids[2]], 'c');
    await check(site.major, sockets, ['in', 'red'], 'ab');
    await check(site.major, sockets, ['in', ['red', 'blue', ids[1]]], 'abc');
    await check(site.major, sockets, ['except', 'red'], 'c');
    await check(site.major, sockets, ['except', 'blue'], 'a');
    await check(site.major, sockets, ['except', [ids[0], ids[2]]], 'b');
    await check(site.major, sockets, ['to-except', 'red', 'blue'], 'a');
    await check(site.major, sockets, ['to-except', ['red', 'blue'], ids[1]], 'ac');
    await check(site.major, sockets, ['broadcast'], 'bc');
    await check(site.major, sockets, ['all'], 'abc');
    await check(site.major, sockets, ['local'], 'abc');
  },

  async 'a broadcast may come later, to rooms or to everybody'(site) {
    const [one, other] = await three(site);
    const heard = Promise.all([next(one, 'r'), next(other, 'r')]);
    one.emit('in-later', 10, 'red', 'r', 1);
    equal(await heard, [[1], [1]]);
    const all = Promise.all([next(one, 'e'), next(other, 'e')]);
    other.emit('in-later', 10, null, 'e', 2);
    equal(await all, [[2], [2]]);
  },

  async 'others can be put into rooms, taken out, and looked for'(site) {
    const [one, other, third] = await three(site);
    equal(await ask(one, 'make-join', 'blue', ['green', 'grey']), ['ok']);
    equal(await ask(one, 'sockets-in', 'green'), [[other.id, third.id].sort()]);
    equal(await ask(one, 'make-leave', ['green'], 'grey'), ['ok']);
    equal(await ask(one, 'sockets-in', 'grey'), [[]]);
    equal((await ask(third, 'rooms'))[0], [third.id, 'blue', 'green'].sort());
    const [everybody] = await ask(one, 'sockets-in', null);
    for (const { id } of [one, other, third]) equal(everybody.includes(id), true, id);
  },

  async 'others can be sent away'(site) {
    const [one, other, third] = await three(site);
    const reasons = Promise.all([next(other, 'disconnect'), next(third, 'disconnect')]);
    equal(await ask(one, 'kick', 'blue', false), ['ok']);
    const reason = site.major < 1 ? 'booted' : 'io server disconnect';
    equal((await reasons).map(([reason]) => reason), [reason, reason]);
    equal(await ask(one, 'sockets-in', 'blue'), [[]]);
  },
};
