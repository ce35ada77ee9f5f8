import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const SCREENSHOTS = fileURLToPath(new URL('../../screenshots/', import.meta.url));
mkdirSync(SCREENSHOTS, { recursive: true });

export const WIDE = { width: 1600, height: 1000 };
export const NARROW = { width: 400, height: 800 };

/**
 * Chromium from npm, which runs on Linux; `CHROMIUM` names another one's file.
 * https://github.com/Sparticuz/chromium
 */
export async function startBrowser(): Promise<Browser> {
  const named = process.env.CHROMIUM;
  if (named !== undefined) return chromium.launch({ executablePath: named });
  // Not the arguments that it is packed with: they are for a Lambda, and one process does not outlive a closed context.
  return chromium.launch({ executablePath: await sparticuz.executablePath(), args: ['--no-sandbox'] });
}

/** What a page did that it must not do. */
export type Watched = { page: Page; context: BrowserContext; faults: string[]; origins: Set<string> };

/** A page in a context of its own: nothing is signed in, and what goes wrong in it is written down. */
export async function openPage(browser: Browser): Promise<Watched> {
  const context = await browser.newContext({ viewport: WIDE, locale: 'en-GB', timezoneId: 'Europe/Berlin' });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const faults: string[] = [];
  const origins = new Set<string>();
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    // What the API refuses is said on the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (origin !== 'null') origins.add(origin);
  });
  return { page, context, faults, origins };
}

/** Whether axe finds nothing in both colour schemes; pictures at both widths are kept. */
export async function examine(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await violations(page), `${name}, ${colorScheme}`).toEqual([]);
  }
  await page.setViewportSize(NARROW);
  expect(await violations(page), `${name}, narrow`).toEqual([]);
  expect(await isWiderThanScreen(page), `${name} has to be scrolled sideways`).toBe(false);
  await page.screenshot({ path: `${SCREENSHOTS}${name}-400-dark.png`, fullPage: true });
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.screenshot({ path: `${SCREENSHOTS}${name}-1600-light.png`, fullPage: true });
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return found.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`,
  );
}

function isWiderThanScreen(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}
