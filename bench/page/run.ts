import { gzipSync } from 'node:zlib';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';
import { buildPage } from '../../cdk/bundle-page.ts';
import { startLoopbackServer } from '../../local/aws/loopback-server.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { startRuntime } from '../../local/runtime/runtime.ts';

// How long a browser takes to the first content of the page on loopback, beside an empty page that is served in the same way.

const ROUNDS = 10;

const EMPTY = '<!doctype html><html lang="en"><title>empty</title><body><h1>Overview</h1></body></html>';

type Times = { firstPaint: number; heading: number };

/** Opens an address in a context without anything cached, and measures until its heading is there, in milliseconds. */
async function open(browser: Browser, url: string): Promise<Times> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  const heading = Number(await page.evaluate('performance.now()'));
  const firstPaint = Number(
    await page.evaluate(`new Promise((resolve) => new PerformanceObserver((list) =>
      resolve(list.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0))
      .observe({ type: 'paint', buffered: true }))`),
  );
  await context.close();
  return { firstPaint, heading };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

const named = process.env.CHROMIUM;
const browser = await chromium.launch(
  named === undefined
    ? { executablePath: await sparticuz.executablePath(), args: ['--no-sandbox'] }
    : { executablePath: named },
);
const runtime = await startRuntime();
const api = await startApi(runtime, 0);
const empty = await startLoopbackServer(
  () => new Response(EMPTY, { headers: { 'content-type': 'text/html; charset=UTF-8' } }),
);
const subjects = { page: `${api.url}/#key=${api.key}`, empty: empty.url };

// The first makes the script, and starts the browser's processes.
for (const url of Object.values(subjects)) await open(browser, url);
const times = { page: [] as Times[], empty: [] as Times[] };
for (let round = 0; round < ROUNDS; round += 1) {
  times.page.push(await open(browser, subjects.page));
  times.empty.push(await open(browser, subjects.empty));
}

const files = await buildPage();
for (const [name, body] of Object.entries(files))
  process.stdout.write(`${name}: ${body.length} bytes, ${gzipSync(body).length} gzipped\n`);
for (const [name, all] of Object.entries(times)) {
  const first = median(all.map(({ firstPaint }) => firstPaint));
  const heading = median(all.map((one) => one.heading));
  process.stdout.write(
    `${name}: first paint ${first.toFixed(0)} ms, heading ${heading.toFixed(0)} ms (medians of ${ROUNDS})\n`,
  );
}

await browser.close();
await empty.close();
await api.close();
await runtime.close();
