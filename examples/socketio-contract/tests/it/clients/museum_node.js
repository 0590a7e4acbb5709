// Node as if it were a browser of 2011, or rather all of them at once: it has whatever the client
// of that time looks for. Driven like a browser. Started in the folder whose packages it uses.

import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';
import { Document } from './museum/document.js';
import { HtmlFile } from './museum/htmlfile.js';
import { XMLHttpRequest } from './museum/request.js';

const packages = createRequire(`${process.cwd()}/`);
const { serve } = await import(packages.resolve('./serve.js'));
const { WebSocket } = packages('ws');

/** The client trusts no WebSocket that shows its source: that might be Flash. A proxy does not. */
class NativeWebSocket extends WebSocket {}
NativeWebSocket.prototype.send = new Proxy(WebSocket.prototype.send, {});

function createWindow(url) {
  const location = new URL(url);
  const evaluate = (text) => runInContext(text, window);
  const window = createContext({
    ActiveXObject: function (name) {
      if (name !== 'htmlfile') throw new Error(`there is no ${name}`);
      return new HtmlFile(evaluate);
    },
    CollectGarbage() {},
    WebSocket: NativeWebSocket,
    XMLHttpRequest,
    addEventListener() {},
    attachEvent() {},
    clearTimeout,
    document: new Document(location, evaluate),
    location,
    navigator: { platform: 'Linux', userAgent: 'Mozilla/5.0 (X11; rv:1.9.2) Gecko/20110101 Firefox/3.6' },
    setTimeout,
  });
  return Object.assign(window, { window });
}

let page;

serve({
  open({ url }) {
    page = createWindow(url);
  },
  /** Runs a function of the page, given as its text. */
  run({ function: text, argument }) {
    return runInContext(`(${text})`, page)(argument);
  },
});
