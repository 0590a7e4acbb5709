// Loads Socket.IO clients 0.7 to 0.9.

import { EventEmitter } from 'node:events';
import Module, { createRequire } from 'node:module';
import { connector } from './old_client.js';

const packages = createRequire(import.meta.url);

// Where Node had it then.
process.EventEmitter = EventEmitter;

// Their WebSockets speak a draft of the protocol, or need a compiler of the time. Browsers went on to the
// standard, and so do these.
const standard = packages.resolve('ws');
const { _resolveFilename: resolve } = Module;
Module._resolveFilename = (request, parent, ...rest) => {
  const isTheirs = /socket\.io-client-0\.\d[^/]*\/lib\//.test(parent?.filename);
  return isTheirs && /^(ws|websocket-client)$/.test(request) ? standard : resolve(request, parent, ...rest);
};

/** Loads a package, as a function that connects. */
export const load = (name) => connector(packages(name));
