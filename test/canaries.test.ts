import { expect, it } from 'vitest';
import { canaries, expectNoCanary } from './canaries.ts';

it('no address, name, token or password gets into a log, an error or a refusal', async () => {
  expect(await expectNoCanary({ people: 1, requests: 40, files: 1 })).toBeGreaterThan(200);
}, 60_000);

it('a canary is found wherever it stands', () => {
  const set = canaries();
  const name = set.make('name');
  set.look('here', `a ${name.toUpperCase()}x`);
  set.look('there', 'nothing');
  expect(set.found).toEqual([`here: a ${name.toUpperCase()}x`]);
});
