// Runs the cases in a page that has loaded a client before 1.0.

import { connector } from 'old-client';
import protocol1 from './cases/protocol1.js';
import { Site } from './site.js';

let site;

/** Returns the names of the cases. */
globalThis.start = (options) => {
  site = new Site({ io: connector(globalThis.io), major: 0, url: location.origin, ...options });
  return Object.keys(protocol1);
};

globalThis.perform = async (name) => {
  try {
    await protocol1[name](site);
  } finally {
    site.close();
  }
};
