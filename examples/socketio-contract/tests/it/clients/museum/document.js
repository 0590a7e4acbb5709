// The document of a page of 2011: elements that run scripts and send forms.

class Element {
  childNodes = [];
  parentNode = null;
  style = {};

  constructor(name) {
    this.tagName = name.toUpperCase();
  }

  append(child) {
    this.insertBefore(child, null);
  }

  appendChild(child) {
    this.insertBefore(child, null);
  }

  insertBefore(child, next) {
    child.parentNode?.removeChild(child);
    const index = next ? this.childNodes.indexOf(next) : this.childNodes.length;
    this.childNodes.splice(index, 0, child);
    child.parentNode = this;
    child.inserted?.();
  }

  removeChild(child) {
    const index = this.childNodes.indexOf(child);
    if (index < 0) throw new Error('that is no child of this');
    this.childNodes.splice(index, 1);
    child.parentNode = null;
  }

  getElementsByTagName(name) {
    const found = this.childNodes.flatMap((child) => child.getElementsByTagName(name));
    return this.tagName === name.toUpperCase() ? [this, ...found] : found;
  }
}

/** Runs once it is in the document, wherever its text comes from. */
class Script extends Element {
  onerror = null;
  src = '';
  text = '';
  #evaluate;

  constructor(evaluate) {
    super('script');
    this.#evaluate = evaluate;
  }

  async inserted() {
    if (!this.src) return this.#evaluate(this.text);
    const text = await fetch(this.src).then(
      (response) => (response.ok ? response.text() : null),
      () => null,
    );
    if (text === null) this.onerror?.();
    else this.#evaluate(text);
  }
}

/** Sends what is in its text area, and shows the answer in the frame that it names. */
class Form extends Element {
  action = '';
  method = 'GET';
  target = '';

  constructor() {
    super('form');
  }

  async submit() {
    const fields = this.getElementsByTagName('textarea').map(({ name, value }) => [name, lines(value)]);
    const frame = this.getElementsByTagName('iframe').find(({ name }) => name === this.target);
    // A page about an error is a page too.
    await fetch(this.action, { method: this.method, body: new URLSearchParams(fields) }).then(
      (response) => response.text(),
      () => {},
    );
    // A frame that was taken away meanwhile shows nothing.
    if (frame?.parentNode) frame.onload?.();
  }
}

/** Forms end their lines in this way: HTML standard, 4.10.21.4. */
const lines = (text) => text.replace(/\r\n|\r|\n/g, '\r\n');

export class Document {
  readyState = 'complete';
  cookie = '';
  #root = new Element('html');
  #evaluate;

  /** The page at that address, whose scripts are run by `evaluate`. */
  constructor(location, evaluate) {
    this.location = location;
    this.domain = location.hostname;
    this.#evaluate = evaluate;
    this.head = this.createElement('head');
    this.body = this.createElement('body');
    this.#root.append(this.head);
    this.#root.append(this.body);
  }

  createElement(name) {
    if (!/^\w+$/.test(name)) throw new Error(`${name} is no name`);
    switch (name.toLowerCase()) {
      case 'form':
        return new Form();
      case 'script':
        return new Script(this.#evaluate);
      default:
        return new Element(name);
    }
  }

  getElementsByTagName(name) {
    return this.#root.getElementsByTagName(name);
  }
}
