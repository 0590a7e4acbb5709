// What pages of 2011 did with the client of their time. A script of the page itself, in a browser
// or in what stands for one, once the client is there.

/** The transports that hear by asking again and again. */
const POLLING = ['xhr-polling', 'jsonp-polling'];

/** Those that do not tell this client that they have ended. Only their silence does. */
const STREAMS = ['xhr-multipart', 'htmlfile'];

/** What is sent back in the same way. */
const MESSAGES = [
  'hello',
  'h€llo 😀',
  '',
  '~m~1~m~x',
  'a+b&c=%20 "\n\\',
  '</script><b>\u2028\0',
  { a: [1, 'é', null] },
  'x'.repeat(20_000),
];

/** A silence that ends a stream; heartbeats come every second. */
const SILENCE_MS = 5_000;

/** Longer than any case: the other transports are to notice without it. */
const NEVER_MS = 60_000;

/** Less than the server keeps a session to which nobody listens. */
const PAUSE_MS = 1_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const equal = (found, expected) => {
  const [a, b] = [found, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${a}, expected ${b}`);
};

const create = (transport) => {
  const socket = new io.Socket(null, {
    resource: 'sio06',
    port: location.port,
    transports: [transport],
    transportOptions: { [transport]: { timeout: STREAMS.includes(transport) ? SILENCE_MS : NEVER_MS } },
    tryTransportsOnConnectTimeout: false,
    rememberTransport: false,
  });
  const heard = [];
  const waiting = [];
  socket.on('message', (message) => (waiting.length ? waiting.shift()(message) : heard.push(message)));
  const next = () => (heard.length ? heard.shift() : new Promise((resolve) => waiting.push(resolve)));
  // Not `once`: with two listeners this client stumbles when it removes one.
  const event = (name) => new Promise((resolve) => socket.on(name, resolve));
  const ask = (question) => {
    socket.send(question);
    return next();
  };
  const connect = () => {
    const connected = event('connect');
    socket.connect();
    return connected;
  };
  return { socket, next, event, ask, connect };
};

let one;
let other;
/** Who is meant to be cut off. */
let leaving;
/** Is kept when anybody else is. */
let broken;
let cut;

/** One after the other, all with the same two sockets. */
const cases = {
  async 'text and JSON come back as they were sent'() {
    for (const message of MESSAGES) equal(await one.ask(message), message);
  },

  async 'several messages at once arrive in their order'() {
    one.socket.send(['first', { second: 2 }, 'third']);
    equal([await one.next(), await one.next(), await one.next()], ['first', { second: 2 }, 'third']);
  },

  async 'many messages arrive in their order'() {
    for (let number = 0; number < 100; number++) one.socket.send(`number ${number}`);
    for (let number = 0; number < 100; number++) equal(await one.next(), `number ${number}`);
  },

  async 'sessions are counted'() {
    equal(await one.ask('!count'), '2');
  },

  async 'a broadcast is for everybody else'() {
    one.socket.send(['!broadcast:to everybody else', 'for me']);
    equal(await other.next(), 'to everybody else');
    equal(await one.next(), 'for me');
  },

  async 'what is sent between two polls waits for the next'() {
    const { transport } = other.socket;
    if (!POLLING.includes(transport.type)) return;
    // The next poll of this page comes late.
    const polls = new Promise((resolve) => {
      transport.get = () => {
        delete transport.get;
        resolve();
      };
    });
    one.socket.send('!broadcast:answers the poll');
    equal(await other.next(), 'answers the poll');
    await polls;
    one.socket.send(['!broadcast:waits', '!broadcast:waits too', 'said']);
    equal(await one.next(), 'said');
    await pause(PAUSE_MS);
    transport.get();
    equal([await other.next(), await other.next()], ['waits', 'waits too']);
  },

  async 'while nothing is said, polls and heartbeats keep a session'() {
    for (const delay of [0, 1_900, 2_100]) {
      await pause(delay);
      equal(await other.ask('still here'), 'still here');
    }
  },

  async 'the server ends a session, and the client notices'() {
    leaving.add(other);
    const ended = other.event('disconnect');
    const back = other.event('reconnect');
    other.socket.send('!close');
    await ended;
    equal(await one.ask('!log'), { disconnects: 1 });
    equal(await one.ask('!count'), '1');
    await back;
  },

  async 'a client comes back with a new session'() {
    equal(await one.ask('!count'), '2');
    one.socket.send('!broadcast:welcome back');
    equal(await other.next(), 'welcome back');
    // Scripts post to the session that their page had first, for ever.
    if (other.socket.transport.type === 'jsonp-polling') return;
    equal(await other.ask('thanks'), 'thanks');
  },

  async 'a client leaves, and the server notices'() {
    other.socket.disconnect();
    while ((await one.ask('!log')).disconnects < 2) await pause(PAUSE_MS / 10);
  },
};

/** Opens both sockets; returns the names of the cases. */
globalThis.start = async (transport) => {
  // Both are there before either connects: each remembers the page's first script, which must not
  // be a poll of the other.
  [one, other] = [create(transport), create(transport)];
  leaving = new Set();
  broken = new Promise((resolve) => {
    for (const side of [one, other]) side.socket.on('disconnect', () => leaving.has(side) || resolve());
  });
  await Promise.all([one.connect(), other.connect()]);
  equal(one.socket.transport.type, transport);
  return Object.keys(cases);
};

/** False if a connection broke: on a machine that is too busy, heartbeats are late. */
globalThis.perform = (name) => Promise.race([cases[name]().then(() => true), broken.then(() => false)]);

globalThis.expectCut = () => {
  leaving = new Set([one, other]);
  cut = Promise.all([one.event('disconnect'), other.event('disconnect')]);
};

/** False if not both notice that their connections were cut. */
globalThis.isCut = () => Promise.race([cut.then(() => true), pause(2 * SILENCE_MS).then(() => false)]);

globalThis.comeBack = async () => {
  while (!one.socket.connected || !other.socket.connected) await pause(PAUSE_MS / 10);
  one.socket.send(['!broadcast:we are back', 'so am I']);
  equal(await one.next(), 'so am I');
  equal(await other.next(), 'we are back');
};
