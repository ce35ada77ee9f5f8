import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../functions/shared/json.ts';
import { jsonFault } from '../../local/runtime/json-fault.ts';

describe('where a text stops being JSON', () => {
  it.each([
    ['{\n  "id": "1",\n}\n', 'line 3, column 1: unexpected "}"'],
    ['{\r\n  "id": "1"\r\n  "a": 2\r\n}', 'line 3, column 3: unexpected "\\""'],
    ['hello', 'line 1, column 1: unexpected "h"'],
    ['{"a":1', 'line 1, column 7: it ends too early'],
    ['{"a":1}}', 'line 1, column 8: unexpected "}"'],
    ['{"a":"x\ty"}', 'line 1, column 8: unexpected "\\t"'],
    ['{"a":', 'line 1, column 6: it ends too early'],
    ['{\n"a": tru', 'line 2, column 9: it ends too early'],
    ['', 'line 1, column 1: it ends too early'],
  ])('%j', (text, fault) => {
    expect(jsonFault(text)).toBe(fault);
  });

  it('is found in every text that is not JSON, and in no other', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((text) => text.slice(0, -1)),
        ),
        (text) => {
          expect(jsonFault(text) === null).toBe(parseJson(text) !== undefined);
        },
      ),
    );
  });
});
