// A proxy whose connections break when told to.

import { connect, createServer } from 'node:net';

export class Cutter {
  #pairs = new Set();
  #server;

  /** Carries everything to a port of this machine. */
  static async start(port) {
    const cutter = new Cutter();
    cutter.#server = createServer({ noDelay: true }, (client) => {
      const server = connect({ port, host: '127.0.0.1', noDelay: true });
      const pair = { client, server };
      cutter.#pairs.add(pair);
      // Whoever breaks off is about to: no error of these is news.
      for (const side of [client, server]) side.on('error', () => {});
      client.pipe(server).pipe(client);
      client.on('close', () => pair.isKept || server.destroy());
      server.on('close', () => {
        cutter.#pairs.delete(pair);
        client.destroy();
      });
    });
    await new Promise((resolve) => cutter.#server.listen(0, '127.0.0.1', resolve));
    return cutter;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Cuts everything, on both sides. */
  cut() {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Cuts the clients off. To the server all seems well. */
  forget() {
    for (const pair of this.#pairs) {
      pair.isKept = true;
      pair.client.unpipe(pair.server);
      pair.server.unpipe(pair.client);
      pair.server.resume();
      pair.client.destroy();
    }
  }

  stop() {
    this.cut();
    this.#server.close();
  }
}
