// Many streams over one connection, with the HTTP/2 of Node.

import { once } from 'node:events';
import { connect } from 'node:http2';
import { serve } from './serve.js';

let session;
/** What each stream has said, by its name. */
const heard = {};
const streams = {};

serve(
  {
    async start({ url }) {
      session = connect(url);
      await once(session, 'connect');
    },
    open({ name, headers, body }) {
      const stream = session.request(headers, { endStream: body === undefined });
      stream.setEncoding('utf8');
      const said = { status: 0, headers: {}, text: '', over: false };
      stream.on('response', (received) => {
        said.status = received[':status'];
        said.headers = { ...received };
      });
      stream.on('data', (text) => (said.text += text));
      stream.on('close', () => (said.over = true));
      stream.on('error', (error) => (said.error = String(error)));
      if (body !== undefined) stream.end(body);
      heard[name] = said;
      streams[name] = stream;
    },
    reset({ name }) {
      streams[name].close();
    },
    heard() {
      return heard;
    },
  },
  () => session?.destroy(),
);
