import { expect, it } from 'vitest';
import { runCommand } from './command-line.ts';

it('hr-demo plays a year, and its accounts end where the records do', { tags: 'slow' }, async () => {
  const { code, stdout } = await runCommand(['hr-demo', '--people', '10', '--source', 'roster', '--json']);
  const { agrees, open, events } = JSON.parse(stdout);
  expect({ code, agrees }).toEqual({ code: 0, agrees: true });
  expect(Math.min(open.length, events.length)).toBeGreaterThan(5);
});

it.each([
  ['--source', 'workday'],
  ['--people', '5'],
])('hr-demo refuses %s %s', async (...words) => {
  expect((await runCommand(['hr-demo', ...words])).code).toBe(2);
});
