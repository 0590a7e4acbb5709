// Chromium with one page, driven line by line.

import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { serve } from './serve.js';

/** No window, no sandbox (tests run as root in containers), and nothing that calls home. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const LOOK_INTERVAL_MS = 20;

let browser;
let page;
const complaints = [];

serve(
  {
    async start() {
      browser = await chromium.launch({
        executablePath: process.env.FANFARE_TEST_CHROMIUM,
        args: FLAGS,
      });
      page = await browser.newPage();
      page.on('console', (message) => {
        if (!['error', 'warning'].includes(message.type())) return;
        complaints.push(`${message.text()} (${message.location().url})`);
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('requestfailed', (request) => {
        if (request.failure()?.errorText.includes('BLOCKED')) complaints.push(`blocked: ${request.url()}`);
      });
      await page.addInitScript(() => {
        addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
          console.error(`security policy: ${violatedDirective} ${blockedURI}`);
        });
      });
    },
    async open({ url }) {
      await page.goto(url);
    },
    run({ function: text, argument }) {
      return page.evaluate(`(${text})(${JSON.stringify(argument)})`);
    },
    // Not `waitForFunction`, which evaluates within the page: a strict page does not allow that.
    async wait({ expression, milliseconds }) {
      const deadline = performance.now() + milliseconds;
      while (!(await page.evaluate(expression))) {
        if (performance.now() > deadline) throw new Error(`never: ${expression}; ${complaints.join('; ')}`);
        await setTimeout(LOOK_INTERVAL_MS);
      }
    },
    click({ selector }) {
      return page.click(selector);
    },
    /** Takes its network away, or gives it back: the page is told. */
    offline({ isOffline }) {
      return page.context().setOffline(isOffline);
    },
    complaints() {
      return complaints;
    },
  },
  () => browser?.close(),
);
