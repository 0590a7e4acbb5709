// Runs the cases with one version of the client. Started in the folder whose packages it uses.

import { createRequire } from 'node:module';
import endings from './cases/endings.js';
import namespaces from './cases/namespaces.js';
import protocol1 from './cases/protocol1.js';
import recovery from './cases/recovery.js';
import rooms from './cases/rooms.js';
import talk from './cases/talk.js';
import { Cutter } from './cutter.js';
import { Site } from './site.js';

const packages = createRequire(`${process.cwd()}/`);
const { serve } = await import(packages.resolve('./serve.js'));
const { load } = await import(packages.resolve('./old.js'));

const GROUPS = {
  all: { ...talk, ...rooms, ...namespaces, ...endings },
  // What clients before 1.0 can do of it.
  common: { ...talk, ...rooms },
  protocol1,
  recovery,
};

/** The client of a package, as a function that connects. */
function client(name, major) {
  if (major === 0) return load(name);
  const exported = packages(name);
  return exported.io ?? exported;
}

/** Mounts give a client two seconds to answer, a machine may be busy for longer. */
const ATTEMPTS = 3;

let site;
let cutter;
let cases;

serve(
  {
    /** Returns the names of the cases. */
    async start({ client: name, major, parser, port, path, transports, group }) {
      cutter = await Cutter.start(port);
      const options = parser ? { parser: packages(parser) } : {};
      const url = `http://127.0.0.1:${port}`;
      site = new Site({ io: client(name, major), major, url, path, transports, options });
      cases = GROUPS[group];
      return Object.keys(cases);
    },
    /** Some cases return figures. What failed when a connection broke is tried again. */
    async run({ name }) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await cases[name](site, cutter);
        } catch (error) {
          if (!site.hasBroken || attempt === ATTEMPTS) throw error;
        } finally {
          site.close();
          cutter.cut();
        }
      }
    },
  },
  () => cutter?.stop(),
);
