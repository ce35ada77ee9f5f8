import { describe, expect, it } from 'vitest';
import { readAhead } from '../../functions/shared/read-ahead.ts';
import { collect, nextCursor, type Page, walk } from '../../functions/vendor/paging.ts';

const LIST = { vendor: 'drift', operation: 'listAccounts', method: 'GET', path: '/users' } as const;

/** A collection whose pages are found by cursor; counts how often it is asked. */
function collection<Cursor extends string | number>(page: (cursor: Cursor) => Page<string, Cursor>) {
  const asked: Cursor[] = [];
  const fetchPage = async (cursor: Cursor) => {
    asked.push(cursor);
    return page(cursor);
  };
  return { asked, read: (first: Cursor) => collect(walk(LIST, first, fetchPage)) };
}

it('walks to the end, in order, through empty pages too', async () => {
  const pages: Record<string, Page<string, string>> = {
    '': { items: ['a', 'b'], next: 'p2' },
    p2: { items: [], next: 'p3' },
    p3: { items: ['c'], next: null },
  };
  const { asked, read } = collection<string>((cursor) => pages[cursor] ?? { items: [], next: null });
  expect(await read('')).toEqual(['a', 'b', 'c']);
  expect(asked).toEqual(['', 'p2', 'p3']);
});

it('asks for the next page only when it is wanted', async () => {
  const { asked } = collection<number>(() => ({ items: [], next: null }));
  const pages = walk(LIST, 0, async (cursor: number) => {
    asked.push(cursor);
    return { items: ['a'], next: cursor + 1 };
  });
  expect((await pages.next()).value).toBe('a');
  expect(asked).toEqual([0]);
});

it.each([
  { how: 'that leads back to itself', next: () => 0 },
  { how: 'that goes round in circles', next: (cursor: number) => (cursor + 1) % 3 },
])('stops at a cursor $how', async ({ next }) => {
  const { asked, read } = collection<number>((cursor) => ({ items: ['a'], next: next(cursor) }));
  await expect(read(0)).rejects.toMatchObject({ name: 'VendorResponseError' });
  expect(asked.length).toBeLessThanOrEqual(3);
});

it('stops at a server whose pages never end', async () => {
  const { asked, read } = collection<number>((cursor) => ({ items: [`${cursor}`], next: cursor + 1 }));
  await expect(read(0)).rejects.toMatchObject({ name: 'VendorResponseError' });
  expect(asked).toHaveLength(10_000);
});

it('stops at once at a server that does not know the page, and gives the first one for each', async () => {
  const { asked, read } = collection<number>((cursor) => ({ items: ['a', 'b'], next: cursor + 1 }));
  await expect(read(0)).rejects.toMatchObject({ name: 'VendorResponseError' });
  expect(asked).toEqual([0, 1]);
});

it('goes on through pages that are empty, and ends with a page like the one before when that is the last', async () => {
  const empty = collection<number>((cursor) => ({ items: [], next: cursor < 3 ? cursor + 1 : null }));
  expect(await empty.read(0)).toEqual([]);
  const last = collection<number>((cursor) => ({ items: ['a'], next: cursor < 1 ? cursor + 1 : null }));
  expect(await last.read(0)).toEqual(['a', 'a']);
});

it.each([
  { given: 'on each page', totals: [3, 3] },
  { given: 'at the end only', totals: [undefined, 3] },
  { given: 'at the beginning only', totals: [3, undefined] },
])('stops where the pages end before the total that was given $given', async ({ totals }) => {
  const short = collection<number>((cursor) => ({
    ...{ items: ['a'], total: totals[cursor] },
    next: cursor === 0 ? 1 : null,
  }));
  await expect(short.read(0)).rejects.toThrow('the pages ended after 2 of 3 entries');
});

it('takes the newest total, because records come and go meanwhile', async () => {
  const shrinking = collection<number>((cursor) => ({
    ...{ items: ['a'], total: cursor === 0 ? 3 : 2 },
    next: cursor === 0 ? 1 : null,
  }));
  expect(await shrinking.read(0)).toEqual(['a', 'a']);
});

it('takes a cursor that is left out for the end where the page is not full, and refuses a full one', () => {
  expect(nextCursor(LIST, undefined, { items: ['a'], size: 2 })).toBeNull();
  expect(() => nextCursor(LIST, undefined, { items: ['a', 'b'], size: 2 })).toThrow(/more pages/);
  for (const end of [null, '']) expect(nextCursor(LIST, end, { items: ['a', 'b'], size: 2 })).toBeNull();
  expect(nextCursor(LIST, 'p2', { items: [], size: 2 })).toBe('p2');
});

it('hands on what a page throws', async () => {
  const { read } = collection<number>(() => {
    throw new Error('no page');
  });
  await expect(read(0)).rejects.toThrow('no page');
});

describe('readAhead', () => {
  it('brings the same items, and asks for one while the one before it is used', async () => {
    const asked: number[] = [];
    async function* numbers() {
      for (let number = 1; number <= 3; number += 1) {
        asked.push(number);
        yield number;
      }
    }
    const seen: [number, number][] = [];
    for await (const number of readAhead(numbers())) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push([number, asked.length]);
    }
    expect(seen).toEqual([
      [1, 2],
      [2, 3],
      [3, 3],
    ]);
  });

  it('tells a failure when it is its turn', async () => {
    async function* failing() {
      yield 1;
      throw new Error('No more.');
    }
    const seen: number[] = [];
    const read = async () => {
      for await (const number of readAhead(failing())) seen.push(number);
    };
    await expect(read()).rejects.toThrow('No more.');
    expect(seen).toEqual([1]);
  });
});
