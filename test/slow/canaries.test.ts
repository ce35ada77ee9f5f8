import { expect, it } from 'vitest';
import { expectNoCanary } from '../canaries.ts';

it('none of 10,000 addresses, names, tokens and passwords gets into a log, an error or a refusal', async () => {
  expect(await expectNoCanary({ people: 24, requests: 1_200, files: 4 })).toBeGreaterThan(10_000);
}, 600_000);
