// Readers of one channel, each with somebody else's client, each through whatever cuts it off.

import { setTimeout } from 'node:timers/promises';
import { EventSource } from 'eventsource';
import { io } from 'socket.io-client';
import io2 from 'socket.io-client-2';
import { WebSocket } from 'ws';
import { serve } from './serve.js';

/** Pause before a client that does not come back by itself does. */
const RETRY_MS = 10;

/** Socket.IO's clients back off; here everybody is cut off all the time. */
const HASTE = { reconnectionDelay: RETRY_MS, reconnectionDelayMax: 50, timeout: 5_000, forceNew: true };

/** @typedef {{ heard: [string, string][], gaps: any[], opened: number, recovered: number, oddities: string[] }} Notes */

/** @type {Record<string, Notes>} */
const notes = {};

const cursor = ({ heard }) => heard.at(-1)?.[0];

/** What both ages of Socket.IO hear. */
function note(socket, notes) {
  socket.on('message', (data, id) => notes.heard.push([id, data]));
  socket.on('gap', (gap, id) => notes.gaps.push([gap, id]));
  socket.on('end', (...said) => notes.oddities.push(`end ${JSON.stringify(said)}`));
  // 2.x tells of failed attempts under the same name: those are no objects of the server's.
  socket.on('error', (said) => said?.op && notes.oddities.push(JSON.stringify(said)));
}

/** Comes back as whom it was; nothing is asked for twice. */
function socketio4(url, channel, notes, transports) {
  const socket = io(url, { ...HASTE, transports });
  note(socket, notes);
  return new Promise((resolve) => {
    socket.on('connect', () => {
      notes.opened += 1;
      notes.recovered += socket.recovered ? 1 : 0;
      if (socket.recovered) return;
      socket.emit('subscribe', channel, { since: cursor(notes) ?? 'all' }, resolve);
    });
  });
}

/** Comes back as somebody new, and says what it has heard last. */
function socketio2(url, channel, notes, transports) {
  const socket = io2(url, { ...HASTE, transports });
  note(socket, notes);
  return new Promise((resolve) => {
    socket.on('connect', () => {
      notes.opened += 1;
      socket.emit('subscribe', channel, { since: cursor(notes) ?? 'all' }, resolve);
    });
  });
}

function eventSource(url, channel, notes) {
  const source = new EventSource(`${url}/sub/${channel}`);
  source.onopen = () => (notes.opened += 1);
  source.onmessage = ({ lastEventId, data }) => notes.heard.push([lastEventId, data]);
  source.addEventListener('gap', ({ data }) => notes.gaps.push(data));
  // It gives up at what is no event stream: a poll that went wrong, say.
  source.onerror = () => source.readyState === EventSource.CLOSED && notes.oddities.push('gave up');
}

function webSocket(url, channel, notes) {
  const since = cursor(notes) ?? 'all';
  const address = `${url.replace('http', 'ws')}/sub/${channel}?since=${since}`;
  const socket = new WebSocket(address, ['ws+meta.nchan']);
  socket.on('open', () => (notes.opened += 1));
  socket.on('message', (frame) => {
    const text = String(frame);
    const end = text.indexOf('\n\n');
    const head = Object.fromEntries(text.slice(0, end).split('\n').map((line) => line.split(': ')));
    if (head['content-type']?.includes('gap')) notes.gaps.push(text);
    else notes.heard.push([head.id, text.slice(end + 2)]);
  });
  // The close that follows says it too.
  socket.on('error', () => {});
  socket.on('close', () => setTimeout(RETRY_MS).then(() => webSocket(url, channel, notes)));
}

async function longPoll(url, channel, notes) {
  let conditions = {};
  for (;;) {
    try {
      const answer = await fetch(`${url}/sub/${channel}`, { headers: conditions });
      const text = await answer.text();
      if (answer.status !== 200) notes.oddities.push(`${answer.status} ${text}`);
      if (answer.headers.get('fanfare-gap')) notes.gaps.push(answer.headers.get('fanfare-gap'));
      const [date, tag] = ['last-modified', 'etag'].map((name) => answer.headers.get(name));
      conditions = { 'If-Modified-Since': date, 'If-None-Match': tag };
      notes.heard.push([`${Date.parse(date) / 1000}:${tag}`, text]);
    } catch {
      notes.opened += 1;
      await setTimeout(RETRY_MS);
    }
  }
}

const READERS = {
  'Socket.IO 4, websocket': (...all) => socketio4(...all, ['websocket']),
  'Socket.IO 4, polling and upgrade': (...all) => socketio4(...all, ['polling', 'websocket']),
  'Socket.IO 4, polling': (...all) => socketio4(...all, ['polling']),
  'Socket.IO 2, websocket': (...all) => socketio2(...all, ['websocket']),
  'Socket.IO 2, polling and upgrade': (...all) => socketio2(...all, ['polling', 'websocket']),
  EventSource: eventSource,
  WebSocket: webSocket,
  'long poll': longPoll,
};

serve({
  /** Begins to read; of Socket.IO, returns what `subscribe` was answered. */
  read({ reader, url, channel }) {
    const mine = { heard: [], gaps: [], opened: 0, recovered: 0, oddities: [] };
    notes[reader] = mine;
    const subscribed = READERS[reader](url, channel, mine);
    return reader.startsWith('Socket.IO') ? subscribed : undefined;
  },
  /** How far each has come. */
  heard() {
    return Object.fromEntries(Object.entries(notes).map(([name, { heard }]) => [name, heard.length]));
  },
  notes({ reader }) {
    return notes[reader];
  },
});
