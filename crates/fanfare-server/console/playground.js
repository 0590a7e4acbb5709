// The playground: one channel over every transport, side by side. Wires the page to a session.

import { judge } from './agreement.js';
import { Clock } from './clock.js';
import { curlLines } from './curl.js';
import { watchNeighbours } from './neighbours.js';
import { PaneView } from './pane-view.js';
import { part } from './part.js';
import { Publisher, reasonOf } from './publisher.js';
import { Session } from './session.js';
import { eventSource } from './transports/eventsource.js';
import { longPoll } from './transports/longpoll.js';
import { ndjson } from './transports/ndjson.js';
import { webSocket } from './transports/websocket.js';

const DEFAULT_CHANNEL = 'demo';

/** The server's bound for the name of a channel, in bytes of UTF-8. */
const CHANNEL_BYTES_MAX = 255;

const BURST = 100;

/** More than the default history of 100 messages, so that the oldest are really gone. */
const OVERFLOW = 150;

/** Judged this long after something changed: a message in flight is not a disagreement. */
const JUDGE_AFTER_MS = 200;

const channelBox = part(document, '#channel', HTMLInputElement);
const textBox = part(document, '#publish-text', HTMLInputElement);
const eventBox = part(document, '#publish-event', HTMLInputElement);
const publish100 = part(document, '#publish-100', HTMLButtonElement);
const overflow = part(document, '#overflow', HTMLButtonElement);

/** @type {[string, import('./transports/transport.js').Transport][]} */
const transports = [
  ['websocket', webSocket],
  ['eventsource', eventSource],
  ['longpoll', longPoll],
  ['ndjson', ndjson],
];

/** @type {[import('./transports/transport.js').Transport, PaneView][]} */
const parts = transports.map(([name, transport]) => [transport, new PaneView(paneRoot(name))]);

/** @type {Session | null} */
let session = null;
/** Counts openings: one that is overtaken by the next does not start. */
let opening = 0;
/** Published since a pane was cut. */
let missing = false;
let bursting = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let judging;

/** @param {string} channel */
async function open(channel) {
  opening += 1;
  const mine = opening;
  session?.close();
  session = null;
  missing = false;
  const publisher = new Publisher(channel);
  // Without an answer the panes start all the same: they say what is wrong, and try again.
  const newest = await publisher.newest().catch(() => null);
  if (mine !== opening) return;
  session = new Session(channel, publisher, { newest }, eventBox.value, parts, changed);
  session.start();
  history.replaceState(null, '', `#/${encodeURIComponent(channel)}`);
  document.title = `${channel} · Fanfare playground`;
  showCurlLines();
  changed();
}

/** Something that the page shows about all panes together may have changed. */
function changed() {
  judging ??= setTimeout(() => {
    judging = undefined;
    showAgreement();
    showStep();
  }, JUDGE_AFTER_MS);
}

function showAgreement() {
  if (!session) return;
  const { known, panes } = session;
  const { kind, text } = judge(known, panes.map((pane) => ({
    title: pane.title,
    received: pane.received,
    deafTo: (key) => pane.isDeafTo(key, known.eventOf(key)),
  })));
  const agreement = part(document, '#agreement');
  // Read aloud when the verdict changes, not with every message that is counted.
  if (agreement.dataset.agreement !== kind) part(document, '#agreement-spoken').textContent = text;
  agreement.dataset.agreement = kind;
  part(document, '#agreement-text').textContent = text;
}

/** Marks the step of the little tour that comes next. */
function showStep() {
  const cut = session?.panes.some(({ state }) => state === 'cut') ?? false;
  if (!cut) missing = false;
  const current = !cut ? 'cut' : !missing ? 'publish' : 'resume';
  for (const step of document.querySelectorAll('[data-step]')) {
    if (step.getAttribute('data-step') === current) step.setAttribute('aria-current', 'step');
    else step.removeAttribute('aria-current');
  }
}

async function publishOne() {
  if (!session) return;
  try {
    const { id, subscribers } = await session.publish(textBox.value, eventBox.value);
    say(`Published ${id}; ${subscribers === 0 ? 'nobody' : subscribers} listening.`);
    published();
  } catch (error) {
    say(`Not published. ${reasonOf(error)}`, 'error');
  }
}

/** @param {number} messages */
async function publishMany(messages) {
  const target = session;
  if (!target || bursting) return;
  setBursting(true);
  let done = 0;
  try {
    while (done < messages && session === target) {
      await target.publish(`${done + 1} of ${messages}`, eventBox.value);
      done += 1;
      if (done === 1) published();
      showProgress(done, messages);
    }
    say(`Published ${done} messages.`);
  } catch (error) {
    say(`Stopped after ${done} of ${messages}. ${reasonOf(error)}`, 'error');
  }
  setBursting(false);
}

function published() {
  missing = true;
  changed();
}

/** @param {boolean} now */
function setBursting(now) {
  bursting = now;
  // Not `disabled`: that would take the keyboard's focus away.
  for (const button of [publish100, overflow]) button.setAttribute('aria-disabled', String(now));
  part(document, '#progress', HTMLProgressElement).value = 0;
}

/**
 * @param {number} done
 * @param {number} messages
 */
function showProgress(done, messages) {
  const progress = part(document, '#progress', HTMLProgressElement);
  progress.max = messages;
  progress.value = done;
}

/**
 * @param {string} text
 * @param {'said' | 'error'} kind
 */
function say(text, kind = 'said') {
  const status = part(document, '#publish-status');
  status.textContent = text;
  status.dataset.kind = kind;
}

function showCurlLines() {
  if (!session) return;
  const lines = curlLines(session.channel, textBox.value, eventBox.value);
  for (const [name, line] of Object.entries(lines)) {
    part(document, `[data-curl="${name}"] code`).textContent = line;
  }
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const code = part(button.closest('[data-curl]') ?? document, 'code');
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    button.textContent = 'Copied';
  } catch {
    // Only secure origins have a clipboard. Selected, the line is one keystroke away.
    getSelection()?.selectAllChildren(code);
    button.textContent = 'Selected';
  }
  setTimeout(() => (button.textContent = 'Copy'), 1500);
}

/** @param {string} name */
function paneRoot(name) {
  return part(document, `[data-pane="${name}"]`);
}

/** Says in the box itself what the server would refuse, or what a URL cannot carry. */
function checkChannel() {
  const name = channelBox.value;
  const tooLong = new TextEncoder().encode(name).length > CHANNEL_BYTES_MAX;
  const dots = name === '.' || name === '..';
  channelBox.setCustomValidity(
    tooLong ? `At most ${CHANNEL_BYTES_MAX} bytes.` : dots ? 'A URL cannot carry this name.' : '',
  );
}

/** The slash keeps the name of a channel apart from the ids of the page's parts. */
function channelFromAddress() {
  try {
    return decodeURIComponent(location.hash.slice('#/'.length)) || DEFAULT_CHANNEL;
  } catch {
    return DEFAULT_CHANNEL;
  }
}

function openFromAddress() {
  channelBox.value = channelFromAddress();
  void open(channelBox.value);
}

function wire() {
  part(document, '#channel-form').onsubmit = (event) => {
    event.preventDefault();
    void open(channelBox.value);
  };
  part(document, '#publish-form').onsubmit = (event) => {
    event.preventDefault();
    void publishOne();
  };
  channelBox.oninput = checkChannel;
  textBox.oninput = showCurlLines;
  eventBox.oninput = showCurlLines;
  publish100.onclick = () => void publishMany(BURST);
  overflow.onclick = () => void publishMany(OVERFLOW);
  for (const [index, [name]] of transports.entries()) {
    const root = paneRoot(name);
    part(root, '[data-cut]').onclick = () => session?.panes[index]?.cut();
    part(root, '[data-resume]').onclick = () => session?.panes[index]?.resume();
  }
  for (const button of document.querySelectorAll('button[data-copy]')) {
    if (button instanceof HTMLButtonElement) button.onclick = () => void copy(button);
  }
  addEventListener('hashchange', openFromAddress);
  // The network is back: no need to sit out the wait.
  addEventListener('online', () => {
    for (const pane of session?.panes ?? []) if (pane.state === 'retrying') pane.resume();
  });
}

wire();
openFromAddress();
new Clock(part(document, '#clock')).listen();
watchNeighbours(() => {
  part(document, '#neighbours').hidden = false;
});
