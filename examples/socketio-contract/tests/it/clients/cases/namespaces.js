// Getting in, staying out, and what is known of whoever is in.

import { ask, equal, listen, next, settled, until } from '../site.js';

export default {
  async 'the greeting has the credentials'(site) {
    const auth = { token: 'abc', ...(site.major < 3 ? {} : { deep: [1] }) };
    const socket = site.begin('/custom', { auth });
    equal(await next(socket, 'auth'), [auth]);
  },

  async 'who has no token is told why, and gets in with one'(site) {
    const socket = site.begin('/admin', { auth: { token: 'wrong' } });
    const { message, data } = await site.refused(socket);
    if (site.major >= 3) equal(message, 'not authorized');
    equal(data, { code: 4001, hint: 'bad token' });
    if (site.major >= 3) {
      socket.auth = { token: 'secret' };
      socket.connect();
      equal(await next(socket, 'auth'), [{ token: 'secret' }]);
    } else {
      await site.open('/admin', { auth: { token: 'secret' } });
    }
  },

  async 'names that nobody made are refused'(site) {
    for (const name of ['/nobody', '/dyn-', '/dyn-x', '/custom2']) {
      equal((await site.refused(site.begin(name))).message, 'Invalid namespace', name);
    }
  },

  async 'a name that fits makes a namespace'(site) {
    const [one, other, elsewhere] = await Promise.all(['/dyn-1', '/dyn-1', '/dyn-22'].map((it) => site.open(it)));
    const heard = [one, other, elsewhere].map((socket) => listen(socket, 'heard'));
    one.emit('all', 'heard');
    await settled(one);
    await settled(other, elsewhere);
    equal(heard.map((events) => events.length), [1, 1, 0]);
  },

  async 'a guard may take its time'(site) {
    const socket = site.begin('/slow');
    await next(socket, 'connect');
    equal(await ask(socket, 'message-with-ack', 'in'), ['in']);
  },

  async 'who leaves while the guard thinks was never there'(site) {
    const watcher = await site.open('/slow');
    const gone = site.begin('/slow');
    const opened = gone.io.engine ? Promise.resolve() : next(gone.io, 'open');
    await opened;
    gone.disconnect();
    // The guard is as slow with the next one.
    const after = await site.open('/slow');
    const ids = [await ask(watcher, 'whoami'), await ask(after, 'whoami')].map(([{ id }]) => id);
    equal(await ask(watcher, 'sockets-in', null), [ids.sort()]);
  },

  async 'namespaces share a connection and end apart'(site) {
    const main = await site.open();
    const custom = site.join(main, '/custom', { token: 'x' });
    const admin = site.join(main, '/admin', { token: 'secret' });
    await Promise.all([next(custom, 'auth'), next(admin, 'auth')]);
    const heard = [main, custom, admin].map((socket) => listen(socket, 'heard'));
    custom.emit('all', 'heard');
    await settled(custom);
    await settled(main, admin);
    equal(heard.map((events) => events.length), [0, 1, 0]);
    custom.disconnect();
    equal(await ask(main, 'message-with-ack', 1), [1]);
    equal(await ask(admin, 'message-with-ack', 2), [2]);
    const other = await site.open('/custom');
    await until('its end', async () => (await ask(other, 'sockets-in', null))[0].length === 1);
  },

  async 'a namespace that was left can be entered again'(site) {
    const main = await site.open();
    const custom = site.join(main, '/custom');
    await next(custom, 'auth');
    const before = custom.id;
    custom.disconnect();
    custom.connect();
    await next(custom, 'auth');
    if (site.major >= 3) equal(custom.id !== before, true, 'a new id');
    equal(await ask(custom, 'message-with-ack', 'again'), ['again']);
  },

  async 'the record of the handshake is kept'(site) {
    const extraHeaders = { 'X-Test': 'a header' };
    const socket = await site.open('/', {
      query: { word: 'a b&c=d', number: 7 },
      ...(site.major < 3 ? {} : { auth: { token: 't' } }),
      extraHeaders,
      transportOptions: { polling: { extraHeaders }, websocket: { extraHeaders } },
    });
    const [{ auth, query, xTest, address }] = await ask(socket, 'handshake');
    equal(auth, site.major < 3 ? {} : { token: 't' });
    const { word, number, EIO, transport } = query;
    equal([word, number, EIO, transport], ['a b&c=d', '7', site.major < 3 ? '3' : '4', site.transports[0]]);
    // Pages cannot give a WebSocket fields of their own.
    const hasFields = typeof document === 'undefined' || site.transports[0] === 'polling';
    equal([xTest, address], [hasFields ? 'a header' : null, '127.0.0.1']);
  },

  async 'data stays with the socket'(site) {
    const [one, other] = await Promise.all([site.open(), site.open()]);
    equal(await ask(one, 'data-get'), [null]);
    equal(await ask(one, 'data-set', { list: [1], name: 'one' }), ['ok']);
    equal(await ask(one, 'data-get'), [{ list: [1], name: 'one' }]);
    equal(await ask(other, 'data-get'), [null]);
  },

  async 'who is denied hears of it'(site) {
    if (site.path !== '/sio') return;
    const socket = site.begin('/', { query: { deny: 1 }, reconnection: false });
    await next(socket, 'connect_error');
    equal(socket.connected, false);
  },
};
