// Sockets of Socket.IO, with the clients of each generation.

import { io as io4 } from 'socket.io-client';
import { io as io3 } from 'socket.io-client-3';
import io2 from 'socket.io-client-2';
import io1 from 'socket.io-client-1';
import { load } from './old.js';
import { serve } from './serve.js';

const CLIENTS = { 0: load('socket.io-client-0.9'), 1: io1, 2: io2, 3: io3, 4: io4 };

const sockets = {};
/** What each socket has heard, by its name. */
const heard = {};

/** Bytes as a test can read them. */
const readable = (value) => (ArrayBuffer.isView(value) || value instanceof ArrayBuffer ? { hex: Buffer.from(value).toString('hex') } : value);

/** Arguments of a test, with bytes as a client has them. */
const meant = (value) => (value?.hex === undefined ? value : Buffer.from(value.hex, 'hex'));

serve(
  {
    open({ name, url, major, options }) {
      const socket = CLIENTS[major](url, { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50, ...options });
      const notes = (heard[name] = { events: [], connects: [], disconnects: [], refused: [] });
      for (const event of ['message', 'greeting', 'gap', 'end', 'error']) {
        socket.on(event, (...all) => notes.events.push([event, ...all.map(readable)]));
      }
      socket.on('connect', () => notes.connects.push({ id: socket.id, recovered: socket.recovered ?? false }));
      socket.on('disconnect', (reason) => notes.disconnects.push(reason));
      socket.on('connect_error', (error) => notes.refused.push(String(error.message ?? error)));
      sockets[name] = socket;
    },
    /** Emits an event; returns what it was answered. */
    ask({ name, event }) {
      return new Promise((resolve) => sockets[name].emit(...event.map(meant), resolve));
    },
    /** Ends the connection under a socket, as a network does. */
    breakOff({ name }) {
      sockets[name].io.engine.close();
    },
    heard({ name }) {
      return heard[name];
    },
    close({ name }) {
      sockets[name].close();
    },
  },
  () => Object.values(sockets).forEach((socket) => socket.close()),
);
