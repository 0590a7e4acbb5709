// What a page of 2011 does with the client of its time. The function of a test's page.

async (transport) => {
  const open = () => {
    const socket = new io.Socket(null, {
      resource: 'sio06',
      port: location.port,
      transports: [transport],
      tryTransportsOnConnectTimeout: false,
      rememberTransport: false,
    });
    const heard = [];
    const waiting = [];
    socket.on('message', (message) => (waiting.length ? waiting.shift()(message) : heard.push(message)));
    const next = () => (heard.length ? heard.shift() : new Promise((resolve) => waiting.push(resolve)));
    const event = (name) => new Promise((resolve) => socket.on(name, resolve));
    const connected = event('connect');
    socket.connect();
    return { socket, next, event, connected };
  };
  const equal = (found, expected) => {
    const [a, b] = [found, expected].map((value) => JSON.stringify(value));
    if (a !== b) throw new Error(`${transport}: ${a}, expected ${b}`);
  };

  const [one, other] = [open(), open()];
  await Promise.all([one.connected, other.connected]);
  equal(one.socket.transport.type, transport);
  for (const message of ['hello', 'h€llo 😀', '', '~m~1~m~x', 'a+b&c=%20 "\n\\', { a: [1, 'é', null] }, 'x'.repeat(20_000)]) {
    one.socket.send(message);
    equal(await one.next(), message);
  }

  // Several at once.
  one.socket.send(['first', 'second']);
  equal([await one.next(), await one.next()], ['first', 'second']);
  for (let number = 0; number < 100; number++) one.socket.send(`number ${number}`);
  for (let number = 0; number < 100; number++) equal(await one.next(), `number ${number}`);

  one.socket.send('!count');
  equal(await one.next(), '2');
  one.socket.send('!broadcast:to everybody else');
  equal(await other.next(), 'to everybody else');

  // While nothing is said, polls and heartbeats come and go.
  const later = performance.now() + 4_000;
  while (performance.now() < later) {
    other.socket.send('still here');
    equal(await other.next(), 'still here');
    await new Promise((resolve) => setTimeout(resolve, 1_900));
  }

  const ended = other.event('disconnect');
  other.socket.send('!close');
  await ended;
  one.socket.send('!log');
  equal(await one.next(), { disconnects: 1 });
  one.socket.disconnect();
};
