// The `XMLHttpRequest` of a page of 2011, as far as the client of that time uses it.

/** One request. With `multipart`, each part of a stream is a response of its own. */
export class XMLHttpRequest {
  onreadystatechange = null;
  readyState = 0;
  responseText = '';
  status = 0;
  withCredentials = false;
  #ending = new AbortController();
  #headers = {};
  #target;

  open(method, url) {
    this.#target = { method, url };
    this.readyState = 1;
  }

  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }

  async send(body) {
    for await (const text of this.#texts(body)) {
      if (this.#ending.signal.aborted) return;
      this.responseText = text;
      this.readyState = 4;
      this.onreadystatechange?.();
    }
  }

  abort() {
    this.#ending.abort();
  }

  /** A request that fails has status 0. */
  async *#texts(body) {
    const { method, url } = this.#target;
    try {
      const response = await fetch(url, { method, body, headers: this.#headers, signal: this.#ending.signal });
      this.status = response.status;
      if (this.multipart) yield* parts(response);
      else yield await response.text();
    } catch {
      this.status = 0;
      yield '';
    }
  }
}

/** Only Firefox had this, and the client looks for it here. */
XMLHttpRequest.prototype.multipart = false;

/** The parts of a response, as they come. Its end is not one. */
async function* parts(response) {
  const [, boundary] = /^multipart\/x-mixed-replace;boundary="(.+)"$/.exec(response.headers.get('content-type')) ?? [];
  if (!boundary) return yield await response.text();
  // Every boundary has a line before it, the first one not.
  let rest = '\n';
  let isPreamble = true;
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const complete = (rest + text).split(`\n--${boundary}\n`);
    rest = complete.pop();
    for (const part of complete) {
      if (!isPreamble) yield part.slice(part.indexOf('\n\n') + 2);
      isPreamble = false;
    }
  }
}
