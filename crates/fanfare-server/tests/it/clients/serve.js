// Reads commands, one JSON object per line, and answers each with one line.

import { createInterface } from 'node:readline';

/**
 * Has commands done one after the other, until the input ends.
 * @param {Record<string, (argument: any) => any>} commands by name
 * @param {() => any} [goodbye] what to do at the end
 */
export async function serve(commands, goodbye = () => {}) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, do: name, with: argument } = JSON.parse(line);
    let answer;
    try {
      answer = { id, value: (await commands[name](argument)) ?? null };
    } catch (error) {
      answer = { id, error: String(error?.stack ?? error) };
    }
    console.log(JSON.stringify(answer));
  }
  await goodbye();
  console.log('bye');
  process.exit(0);
}
