// A proxy whose connections break when told to.

import { connect, createServer } from 'node:net';

export class Cutter {
  #pairs = new Set();
  #server;
  #allowance = () => Infinity;

  /** Carries everything to a port of this machine. */
  static async start(port) {
    const cutter = new Cutter();
    cutter.#server = createServer({ noDelay: true }, (client) => {
      const server = connect({ port, host: '127.0.0.1', noDelay: true });
      const pair = { client, server };
      cutter.#pairs.add(pair);
      // Whoever breaks off is about to: no error of these is news.
      for (const side of [client, server]) side.on('error', () => {});
      client.pipe(server);
      cutter.#carry(pair, cutter.#allowance());
      client.on('close', () => pair.isKept || server.destroy());
      server.on('close', () => {
        cutter.#pairs.delete(pair);
        client.destroy();
      });
    });
    await new Promise((resolve) => cutter.#server.listen(0, '127.0.0.1', resolve));
    return cutter;
  }

  /** Carries what the server says, until so many bytes are used up. */
  #carry({ client, server }, allowance) {
    server.on('data', (data) => {
      const carried = data.subarray(0, allowance);
      client.write(carried);
      allowance -= carried.length;
      // What was written leaves first, so that connections end in the middle of things.
      if (allowance <= 0) setImmediate(() => this.#cut({ client, server }));
    });
    server.on('end', () => client.end());
  }

  #cut({ client, server }) {
    client.resetAndDestroy();
    server.resetAndDestroy();
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Cuts everything, on both sides. */
  cut() {
    for (const pair of this.#pairs) this.#cut(pair);
  }

  /** From now on cuts new connections after some bytes of the server's, drawn anew for each. */
  cutEachAfter(least, most, seed) {
    // Xorshift with 32 bits.
    const dice = () => {
      seed ^= seed << 13;
      seed ^= seed >>> 17;
      seed ^= seed << 5;
      return (seed >>> 0) / 2 ** 32;
    };
    this.#allowance = () => Math.floor(least + dice() * (most - least));
    this.cut();
  }

  /** Lets connections live from now on. */
  spare() {
    this.#allowance = () => Infinity;
  }

  /** Cuts the clients off. To the server all seems well. */
  forget() {
    for (const pair of this.#pairs) {
      pair.isKept = true;
      pair.client.unpipe(pair.server);
      pair.server.removeAllListeners('data').resume();
      pair.client.destroy();
    }
  }

  stop() {
    this.cut();
    this.#server.close();
  }
}
