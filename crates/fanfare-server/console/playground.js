// The playground: one channel over every transport. Ties the page to a session.

import { judge } from './agreement.js';
import { pauseClock, resumeClock, startClock } from './clock.js';
import { curlLines } from './curl.js';
import { newest, reasonOf } from './newest.js';
import { PaneView } from './pane-view.js';
import { part } from './part.js';
import { Session } from './session.js';
import { takeTurns } from './turns.js';

const BURST = 100;

/** More than the default history of 100: the oldest are really gone. */
const OVERFLOW = 150;

/** Judged this long after something changed: a message in flight is not a disagreement. */
const JUDGE_AFTER_MS = 200;

const channelBox = part('#channel', document, HTMLInputElement);
const textBox = part('#publish-text', document, HTMLInputElement);
const eventBox = part('#publish-event', document, HTMLInputElement);

/** @type {[TransportName, PaneView][]} */
const parts = [
  ['websocket', furnish('websocket', 0)],
  ['eventsource', furnish('eventsource', 1)],
  ['poll', furnish('longpoll', 2)],
  ['stream', furnish('ndjson', 3)],
  ['socketio', furnish('socketio', 4)],
];

/** @type {Session | null} */
let session = null;
/** Counts the channels opened: one that is overtaken does not start. */
let openings = 0;
/** Something was published since a pane was cut. */
let missing = false;
let bursting = false;
/** Another tab has the connections. */
let paused = false;
let judging = 0;

/** @param {string} name @param {number} index in the panes of a session */
function furnish(name, index) {
  const root = part(`[data-pane=${name}]`);
  root.append(part('#pane', document, HTMLTemplateElement).content.cloneNode(true));
  part('[data-cut]', root).onclick = () => session?.panes[index]?.cut();
  part('[data-resume]', root).onclick = () => session?.panes[index]?.resume();
  return new PaneView(root);
}

/** @param {string} channel */
async function open(channel) {
  session?.close();
  session = null;
  missing = false;
  say('');
  const opening = ++openings;
  // Without an answer the panes start all the same: they say what is wrong, and try again.
  const origin = await newest(channel).catch(() => '');
  if (opening !== openings) return;
  session = new Session(channel, origin, parts, changed);
  if (paused) session.letGo();
  history.replaceState(null, '', `?${new URLSearchParams({ channel })}`);
  document.title = `${channel} · Fanfare playground`;
  showCurlLines();
  changed();
}

/** What the page shows about all panes together may have changed. */
function changed() {
  judging ||= setTimeout(() => {
    judging = 0;
    showAgreement();
    showGaps();
    showStep();
  }, JUDGE_AFTER_MS);
}

function showAgreement() {
  if (!session) return;
  const { known, panes } = session;
  const there = panes.filter(({ state }) => state !== 'off');
  const readings = there.map(({ transport, received, view: { title } }) => ({
    title, asksForEvents: transport === 'eventsource', received,
  }));
  const { kind, text } = judge(known, readings);
  const agreement = part('#agreement');
  // Read aloud when the verdict changes, not with every message that is counted.
  if (agreement.dataset.agreement !== kind) part('#agreement-spoken').textContent = text;
  agreement.dataset.agreement = kind;
  part('#agreement-text').textContent = text;
}

/** Offers the way to the gaps, which may be far down. */
function showGaps() {
  part('#show-gaps').hidden = !session?.panes.some(({ received }) => received.gaps.length > 0);
}

/** Marks the next step of the little tour. */
function showStep() {
  const cut = session?.panes.some(({ state }) => state === 'cut');
  missing &&= cut === true;
  const next = !cut ? 'cut' : missing ? 'resume' : 'publish';
  for (const step of ['cut', 'publish', 'resume']) {
    part(`[data-step=${step}]`).ariaCurrent = step === next ? 'step' : null;
  }
}

/** @param {string[]} texts */
async function publish(texts) {
  const target = session;
  if (!target) return say('The channel is still being opened.', 'error');
  say('');
  let done = 0;
  try {
    for (const text of texts) {
      if (session !== target) return;
      const { id, subscribers } = await target.publish(text, eventBox.value);
      missing = true;
      done += 1;
      // A poll between two requests is not connected, and misses nothing.
      if (done < texts.length) showProgress(`${done} of ${texts.length}`);
      else say(`Published ${done}, newest ${id}; ${subscribers || 'nobody'} connected at that moment.`);
    }
  } catch (error) {
    say(`Published ${done} of ${texts.length}. ${reasonOf(error)}`, 'error');
  } finally {
    showProgress('');
  }
}

/** @param {number} messages */
async function burst(messages) {
  if (bursting) return;
  showBurst(true);
  await publish(Array.from({ length: messages }, (_, index) => `${index + 1} of ${messages}`));
  showBurst(false);
}

/** @param {boolean} now */
function showBurst(now) {
  bursting = now;
  // Not `disabled`: that would take the keyboard's focus away.
  for (const id of ['#publish-100', '#overflow']) part(id).ariaDisabled = `${now}`;
}

/** Not in the status, which is read aloud. @param {string} text */
function showProgress(text) {
  part('#publish-progress').textContent = text;
}

/** @param {string} text */
function say(text, kind = 'said') {
  const status = part('#publish-status');
  status.textContent = text;
  status.dataset.kind = kind;
}

function letGo() {
  paused = true;
  session?.letGo();
  pauseClock();
}

function goOn() {
  if (!paused) return;
  paused = false;
  session?.goOn();
  resumeClock();
  say('Another tab had the connections: the panes go on where they were.');
}

function showCurlLines() {
  if (!session) return;
  const lines = curlLines(session.channel, textBox.value, eventBox.value);
  for (const [name, line] of Object.entries(lines)) {
    part(`[data-curl=${name}] code`).textContent = line;
  }
}

/** @param {HTMLElement} line */
async function copy(line) {
  const [code, button] = [part('code', line), part('button', line)];
  // Only secure origins have a clipboard. Selected, the line is one keystroke away.
  getSelection()?.selectAllChildren(code);
  const text = code.textContent ?? '';
  const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  button.textContent = copied ? 'Copied' : 'Selected';
  setTimeout(() => (button.textContent = 'Copy'), 1500);
}

part('#channel-form').onsubmit = (event) => {
  event.preventDefault();
  void open(channelBox.value);
};
part('#publish-form').onsubmit = (event) => {
  event.preventDefault();
  void publish([textBox.value]);
};
part('#publish-100').onclick = () => void burst(BURST);
part('#overflow').onclick = () => void burst(OVERFLOW);
part('#show-gaps').onclick = () => {
  for (const [, view] of parts) view.scrollToGap();
  // On a narrow page the panes stand below each other.
  document.querySelector('[data-gap]')?.scrollIntoView({ block: 'nearest' });
};
textBox.oninput = showCurlLines;
eventBox.oninput = showCurlLines;
for (const line of document.querySelectorAll('[data-curl]')) {
  if (line instanceof HTMLElement) part('button', line).onclick = () => void copy(line);
}

channelBox.value = new URLSearchParams(location.search).get('channel') || 'demo';
void open(channelBox.value);
startClock();
takeTurns(letGo, goOn);
