import { expect, it } from 'vitest';
import { parseJson, parseJsonExactly } from '../../functions/shared/json.ts';

it.each([parseJson, parseJsonExactly])('reads JSON behind a byte order mark: %o', (parse) => {
  expect(parse('\uFEFF{\n  "a": 1\n}')).toEqual({ a: 1 });
  expect(parse('\uFEFF\uFEFF{}')).toBeUndefined();
  expect(parse('\uFEFF')).toBeUndefined();
});
