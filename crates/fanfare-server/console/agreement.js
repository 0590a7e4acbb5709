// Do all panes have the same sequence? Compared message by message, not assumed.

import { BEFORE_ALL, idOf } from './cursor.js';
import { isWithin } from './sequence.js';

/** @param {number} panes */
const inWords = (panes) => ['none', 'one', 'two', 'three', 'four', 'five'][panes] ?? panes;

/** @param {Known} known @param {Reading[]} readings @returns {Verdict} */
export function judge(known, readings) {
  const balances = readings.map((reading) => weigh(known, reading));
  const kind = kindOf(balances);
  return { kind, text: [headline(kind, balances), ...balances.flatMap(remarkOn)].join(' ') };
}

/** @param {Known} known @param {Reading} reading @returns {Balance} */
function weigh(known, { title, asksForEvents, received }) {
  const { gaps, repeated, last } = received;
  const amounts = { had: 0, behind: 0, told: 0, unheard: 0, gaps: gaps.length };
  /** @type {Balance} */
  const balance = { title, ...amounts, lacking: [], repeated };
  const had = new Set(received.keys);
  // A pane that has not settled yet answers for everything.
  const from = received.from ?? BEFORE_ALL;
  for (const key of known.keys.filter((key) => key > from)) {
    if (had.has(key)) balance.had += 1;
    else if (gaps.some((gap) => isWithin(gap, key))) balance.told += 1;
    else if (key > last) balance.behind += 1;
    else if (asksForEvents && known.events.has(key)) balance.unheard += 1;
    else balance.lacking.push(key);
  }
  return balance;
}

/** @param {Balance[]} balances @returns {Verdict['kind']} */
function kindOf(balances) {
  if (balances.some(({ lacking, repeated }) => lacking[0] || repeated[0])) return 'different';
  if (balances.some(({ gaps, unheard }) => gaps + unheard > 0)) return 'gap';
  if (balances.some(({ behind }) => behind > 0)) return 'behind';
  return balances.some(({ had }) => had > 0) ? 'same' : 'waiting';
}

/** @param {Verdict['kind']} kind @param {Balance[]} balances */
function headline(kind, balances) {
  const shared = Math.min(...balances.map(({ had }) => had));
  return {
    waiting: `No message yet. Publish one and watch it arrive ${inWords(balances.length)} times.`,
    same: `All ${inWords(balances.length)} agree: ${shared} of ${shared} messages, same ids, same order, none twice.`,
    behind: 'Same ids, same order, none twice so far.',
    gap: 'Same order, none twice. What is missing is accounted for.',
    different: 'The panes disagree.',
  }[kind];
}

/** @param {Balance} balance */
function remarkOn({ title, behind, told, gaps, unheard, lacking, repeated }) {
  const [lost] = lacking;
  const [twice] = repeated;
  const remarks = [
    lost && `lacks ${lacking.length} without being told, first ${idOf(lost)}`,
    twice && `had ${repeated.length} twice or out of order, first ${twice}`,
    told > 0 && `missed ${told} and was told`,
    gaps > 0 && told === 0 && 'told of a gap, no known message in it',
    unheard > 0 && `did not listen for the event name of ${unheard}`,
    behind > 0 && `behind by ${behind}`,
  ].filter(Boolean);
  return remarks.length > 0 ? `${title}: ${remarks.join(', ')}.` : [];
}
