// Do all panes have the same sequence? Compared message by message, not assumed.

import { BEFORE_ALL, idOf } from './cursor.js';

/** @param {import('./sequence.js').Known} known @param {Reading[]} readings @returns {Verdict} */
export function judge(known, readings) {
  const balances = readings.map((reading) => weigh(known, reading));
  const kind = kindOf(balances);
  return { kind, text: [headline(kind, balances), ...remarks(balances)].join(' ') };
}

/** @param {import('./sequence.js').Known} known @param {Reading} reading @returns {Balance} */
function weigh(known, { title, asksForEvents, received }) {
  const { gaps, repeated, last } = received;
  /** @type {Balance} */
  const balance = { title, had: 0, behind: 0, told: 0, gaps: gaps.length, unheard: 0, lacking: [], repeated };
  const had = new Set(received.keys);
  // A pane that has not settled yet answers for everything: it is behind by all of it.
  const from = received.from ?? BEFORE_ALL;
  for (const key of known.keys.filter((key) => key > from)) {
    if (had.has(key)) balance.had += 1;
    else if (received.wasToldToMiss(key)) balance.told += 1;
    else if (key > last) balance.behind += 1;
    else if (asksForEvents && known.events.has(key)) balance.unheard += 1;
    else balance.lacking.push(key);
  }
  return balance;
}

/** @param {Balance[]} balances @returns {Verdict['kind']} */
function kindOf(balances) {
  if (balances.some(({ lacking, repeated }) => lacking.length + repeated.length > 0)) return 'different';
  if (balances.some(({ gaps, unheard }) => gaps + unheard > 0)) return 'gap';
  if (balances.some(({ behind }) => behind > 0)) return 'behind';
  return balances.some(({ had }) => had > 0) ? 'same' : 'waiting';
}

/** @param {Verdict['kind']} kind @param {Balance[]} balances */
function headline(kind, balances) {
  const shared = count(Math.min(...balances.map(({ had }) => had)), 'message');
  return {
    waiting: 'No message yet. Publish one and watch it arrive four times.',
    same: `All four agree on ${shared}: same ids, same order, none twice.`,
    behind: 'Same ids, same order, none twice so far.',
    gap: 'Same order, none twice. What is missing was announced.',
    different: 'The panes disagree.',
  }[kind];
}

/** Says each remark once, with everybody it is about. @param {Balance[]} balances */
function remarks(balances) {
  /** @type {Map<string, string[]>} */
  const about = new Map();
  for (const balance of balances) {
    for (const remark of remarksOn(balance)) {
      about.set(remark, [...(about.get(remark) ?? []), balance.title]);
    }
  }
  return [...about].map(([remark, titles]) => `${remark}: ${titles.join(', ')}.`);
}

/** @param {Balance} balance */
function remarksOn({ behind, told, gaps, unheard, lacking, repeated }) {
  const [lost] = lacking;
  const [twice] = repeated;
  return [
    lost && `Lacks ${lacking.length} without being told, first ${idOf(lost)}`,
    twice && `Had ${repeated.length} twice or out of order, first ${twice}`,
    told > 0 && `Missed ${told} and was told`,
    gaps > 0 && told === 0 && 'Told of a gap, no known message in it',
    unheard > 0 && `Did not listen for the event name of ${unheard}`,
    behind > 0 && `Behind by ${behind}`,
  ].filter((remark) => typeof remark === 'string');
}

/** @param {number} number @param {string} noun */
export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
