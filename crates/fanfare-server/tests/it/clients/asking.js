// An application as docs/socketio-server.md has it: it asks for its channels on each `connect`.

import { io as io4 } from 'socket.io-client';
import { io as io3 } from 'socket.io-client-3';
import { serve } from './serve.js';

const CLIENTS = { 3: io3, 4: io4 };

const sockets = {};
/** What became of each, by its name. */
const notes = {};

/** Ends the connection under a socket as a network does: nothing that waits is sent. */
const tear = (socket) => socket.io.engine.transport.ws.terminate();

serve(
  {
    /** With `tornAtFirst` its first requests go into a connection that is dead. */
    open({ name, url, major, channels, tornAtFirst }) {
      const socket = CLIENTS[major](url, {
        forceNew: true,
        transports: ['websocket'],
        reconnectionDelay: 10,
        reconnectionDelayMax: 50,
      });
      const { connects, answers, events } = (notes[name] = { connects: [], answers: [], events: [] });
      sockets[name] = socket;

      socket.on('connect', () => {
        connects.push(socket.recovered ?? false);
        if (tornAtFirst && connects.length === 1) tear(socket);
      });
      socket.onAny((event, data) => events.push([event, data]));

      const since = Object.fromEntries(channels.map((channel) => [channel, 'all']));
      socket.on('connect', () => {
        for (const channel of Object.keys(since)) {
          socket.emit('subscribe', channel, { since: since[channel] }, (answer) => answers.push(answer));
        }
      });
      socket.onAny((_event, ...all) => {
        const cursor = all.at(-1);
        if (typeof cursor !== 'string') return; // of `error`
        for (const part of cursor.split(',').filter(Boolean)) {
          const [id, name = channels[0]] = part.split('=').reverse();
          since[decodeURIComponent(name)] = id;
        }
      });
    },
    tear({ name }) {
      tear(sockets[name]);
    },
    notes({ name }) {
      return notes[name];
    },
  },
  () => Object.values(sockets).forEach((socket) => socket.close()),
);
