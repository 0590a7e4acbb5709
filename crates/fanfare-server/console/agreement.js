// Do all panes have the same sequence? Compared message by message, not assumed.

/**
 * One pane, as far as agreement is concerned.
 * @typedef {object} Reading
 * @property {string} title
 * @property {import('./received.js').Received} received
 * @property {(key: string) => boolean} deafTo true for a message whose event name it did not listen for
 */

/**
 * What one pane has of the messages that the page knows.
 * @typedef {object} Balance
 * @property {string} title
 * @property {number} had
 * @property {number} behind not had yet, newer than anything it has
 * @property {number} told not had, and it was told of a gap there
 * @property {number} gaps told of, whether or not the page knows of messages in them
 * @property {number} unheard not had, because nobody listened for the event name
 * @property {string[]} lacking not had, and nobody told it
 * @property {string[]} repeated
 */

/** @typedef {'waiting' | 'same' | 'behind' | 'gap' | 'different'} Kind */

/** @typedef {{ kind: Kind, text: string }} Verdict */

/**
 * @param {import('./known.js').Known} known
 * @param {Reading[]} readings
 * @returns {Verdict}
 */
export function judge(known, readings) {
  const balances = readings.map((reading) => weigh(known, reading));
  const kind = kindOf(balances);
  return { kind, text: [headline(kind, balances), ...remarks(balances)].join(' ') };
}

/**
 * @param {import('./known.js').Known} known
 * @param {Reading} reading
 * @returns {Balance}
 */
export function weigh(known, { title, received, deafTo }) {
  const { repeated, gaps } = received;
  const balance = { title, had: 0, behind: 0, told: 0, unheard: 0, gaps: gaps.length, repeated };
  /** @type {string[]} */
  const lacking = [];
  // A pane that has not settled yet answers for everything: it is behind by all of it.
  const from = received.from ?? known.floor;
  const had = new Set(received.keys);
  for (const key of known.keys) {
    if (key <= from) continue;
    if (had.has(key)) balance.had += 1;
    else if (received.wasToldToMiss(key)) balance.told += 1;
    else if (deafTo(key)) balance.unheard += 1;
    else if (key > received.last) balance.behind += 1;
    else lacking.push(key);
  }
  return { ...balance, lacking };
}

/**
 * @param {Balance[]} balances
 * @returns {Kind}
 */
function kindOf(balances) {
  if (balances.some(({ lacking, repeated }) => lacking.length + repeated.length > 0)) return 'different';
  if (balances.some(({ gaps, unheard }) => gaps + unheard > 0)) return 'gap';
  if (balances.some(({ behind }) => behind > 0)) return 'behind';
  return balances.some(({ had }) => had > 0) ? 'same' : 'waiting';
}

/**
 * @param {Kind} kind
 * @param {Balance[]} balances
 */
function headline(kind, balances) {
  const shared = Math.min(...balances.map(({ had }) => had));
  switch (kind) {
    case 'waiting':
      return 'No message yet. Publish one and watch it arrive four times.';
    case 'same':
      return `All four agree on ${count(shared, 'message')}: same ids, same order, none twice.`;
    case 'behind':
      return 'Same ids, same order, none twice so far.';
    case 'gap':
      return 'Same order, none twice. What is missing was announced.';
    case 'different':
      return 'The panes disagree.';
  }
}

/**
 * Says each remark once, with everybody it is about.
 * @param {Balance[]} balances
 */
function remarks(balances) {
  /** @type {Map<string, string[]>} */
  const titles = new Map();
  for (const balance of balances) {
    for (const remark of remarksOn(balance)) {
      titles.set(remark, [...(titles.get(remark) ?? []), balance.title]);
    }
  }
  return [...titles].map(([remark, about]) => `${remark}: ${about.join(', ')}.`);
}

/**
 * @param {Balance} balance
 * @returns {string[]}
 */
function remarksOn({ behind, told, gaps, unheard, lacking, repeated }) {
  const [lost] = lacking;
  const [twice] = repeated;
  return [
    lost && `Lacks ${lacking.length} and was not told, first ${idOf(lost)}`,
    twice && `Had ${repeated.length} twice or out of order, first ${twice}`,
    told > 0 && `Missed ${told} and was told`,
    gaps > 0 && told === 0 && 'Told of a gap, no known message in it',
    unheard > 0 && `Did not listen for the event name of ${unheard}`,
    behind > 0 && `Behind by ${behind}`,
  ].filter((remark) => typeof remark === 'string');
}

/** @param {string} key */
function idOf(key) {
  return key.split(':').map(Number).join(':');
}

/**
 * @param {number} number
 * @param {string} noun
 */
export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
