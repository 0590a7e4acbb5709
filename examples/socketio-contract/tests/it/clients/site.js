// A mount of the contract as one client sees it, whatever the client's version.

/** Long, for a machine that does much else; nobody waits for it when all is well. */
const PATIENCE_MS = 15_000;

/** Waits for something that has to come. */
function within(what, begin) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`never: ${what}`)), PATIENCE_MS);
    begin((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** The arguments of the next event of this name. */
export const next = (socket, event) =>
  within(event, (done) => socket.once(event, (...values) => done(values)));

/** Says something and waits for the acknowledgement; returns its arguments. */
export const ask = (socket, event, ...values) =>
  within(`acknowledgement of ${event}`, (done) => socket.emit(event, ...values, (...answer) => done(answer)));

/** Asks until the answer is as wanted: for what no event tells. */
export async function until(what, look) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Comes back when everything said before has been handled, and what came of it has arrived. */
export const settled = (...sockets) => Promise.all(sockets.map((socket) => ask(socket, 'rooms')));

/** Notes the events of some names, with their arguments. */
export function listen(socket, ...events) {
  const heard = [];
  for (const event of events) socket.on(event, (...values) => heard.push([event, ...values]));
  return heard;
}

/**
 * Has a client whose connection broke forget what came before its CONNECT. It would keep that, be
 * given it again, and hear it twice: no server can know. Packets of the last poll are taken out
 * after the break, so it is done a moment later.
 */
export const forget = (socket) =>
  setTimeout(() => {
    if (!socket.connected) socket.receiveBuffer = [];
  });

/**
 * Has a client go on whose WebSocket broke when it had been probed, and was not in use yet: it has
 * stopped polling by then, and would notice nothing before its pings fail. No server can reach it.
 */
export const unpause = (socket) =>
  socket.io.on('open', () => {
    const { engine } = socket.io;
    engine.on('upgradeError', () => {
      if (/^paus/.test(engine.transport.readyState)) engine.transport.onClose();
    });
  });

/** Bytes as every client can send them. */
export const bytes = (...values) =>
  typeof Buffer === 'undefined' ? Uint8Array.from(values).buffer : Buffer.from(values);

/** Makes numbers of bytes, in any depth, so that they can be compared. */
export function numbers(value) {
  if (value instanceof ArrayBuffer) return ['bytes', ...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return ['bytes', ...value];
  if (Array.isArray(value)) return value.map(numbers);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, numbers(inner)]));
}

export function equal(found, expected, what = 'value') {
  const [a, b] = [found, expected].map((value) => JSON.stringify(numbers(value)) ?? 'undefined');
  if (a === b) return;
  const differs = [...a].findIndex((letter, index) => letter !== b[index]);
  const around = (text) => text.slice(Math.max(0, differs - 150), differs + 150);
  throw new Error(`${what}: … ${around(a)} …, expected … ${around(b)} …`);
}

/** A mount, and the sockets that a case has opened there. */
export class Site {
  #sockets = [];

  constructor({ io, major, url, path, transports, options = {} }) {
    Object.assign(this, { io, major, url, path, transports, options });
  }

  /** A socket on a connection of its own, on its way. */
  begin(namespace = '/', { auth, url = this.url, ...options } = {}) {
    // Clients before 3.0 have nothing but the query of the namespace.
    const query = this.major < 3 && auth ? `?${new URLSearchParams(auth)}` : '';
    const socket = this.io(`${url}${namespace}${query}`, {
      path: this.path,
      transports: this.transports,
      forceNew: true,
      reconnectionDelay: 10,
      reconnectionDelayMax: 20,
      auth,
      ...this.options,
      ...options,
    });
    // Such a break is asked for by a case, or the machine was too busy to answer pings.
    socket.on('disconnect', (reason) => (this.hasBroken ||= /ping timeout|^transport/.test(reason)));
    this.#sockets.push(socket);
    return socket;
  }

  /** A socket that is in, and was greeted. */
  async open(namespace, options) {
    const socket = this.begin(namespace, options);
    await next(socket, 'auth');
    return socket;
  }

  /** A socket of another namespace on the connection of `socket`. */
  join(socket, namespace, auth) {
    const options = this.major < 3 ? { query: new URLSearchParams(auth).toString() } : { auth };
    const other = socket.io.socket(namespace, options);
    this.#sockets.push(other);
    return other;
  }

  /** Why the server does not let a socket in. */
  async refused(socket) {
    if (this.major >= 3) {
      const [{ message, data }] = await next(socket, 'connect_error');
      return { message, data };
    }
    // They are given the data alone, and the message if there is none.
    const [value] = await next(socket, 'error');
    return typeof value === 'string' ? { message: value } : { message: value.message, data: value };
  }

  /** Ends everything that was opened. */
  close() {
    this.hasBroken = false;
    for (const socket of this.#sockets.splice(0)) socket.disconnect().io.reconnection(false);
  }
}
