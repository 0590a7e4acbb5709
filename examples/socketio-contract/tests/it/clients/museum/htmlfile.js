// The `htmlfile` of Internet Explorer: a document outside of any window, with a frame that never
// finishes to load.

/** A frame whose scripts run as they come. */
class Frame {
  #evaluate;
  #loading = new AbortController();
  #parent;

  constructor(evaluate, parent) {
    this.#evaluate = evaluate;
    this.#parent = parent;
  }

  set src(url) {
    this.#loading.abort();
    this.#loading = new AbortController();
    if (url !== 'about:blank') this.#load(url, this.#loading.signal);
  }

  async #load(url, signal) {
    for await (const text of scripts(url, signal)) {
      if (signal.aborted) return;
      this.#evaluate(`(parent, document) => { ${text} }`)(this.#parent, new FrameDocument());
    }
  }
}

/** The page in a frame, as far as its only script sees it: the client takes scripts away. */
class FrameDocument {
  #scripts = [{ parentNode: { removeChild: () => this.#scripts.pop() } }];

  getElementsByTagName() {
    return this.#scripts;
  }
}

/** The scripts of a page, until it ends in any way. */
async function* scripts(url, signal) {
  try {
    const { body } = await fetch(url, { signal });
    let rest = '';
    // A frame has the encoding of the page around it unless it says otherwise.
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const complete = (rest + text).split('</script>');
      rest = complete.pop();
      for (const element of complete) yield element.slice(element.indexOf('<script>') + '<script>'.length);
    }
  } catch {
    // What a frame fails to load is nobody's business.
  }
}

/** Has scripts run by `evaluate`. */
export class HtmlFile {
  body = { appendChild() {} };
  parentWindow = {};
  #evaluate;

  constructor(evaluate) {
    this.#evaluate = evaluate;
  }

  open() {}
  write() {}
  close() {}

  createElement(name) {
    return name === 'iframe' ? new Frame(this.#evaluate, this.parentWindow) : { appendChild() {} };
  }
}
