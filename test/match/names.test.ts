import { describe, expect, it } from 'vitest';
import { compareNames } from '../../functions/match/names.ts';

const compare = (name: string, shown: string | null) => {
  const [firstName = '', lastName = ''] = name.split('|');
  return compareNames({ firstName, lastName }, shown);
};

describe('a name is the same', () => {
  it.each([
    ['Ann|Lee', 'Ann Lee'],
    ['Ann|Lee', 'lee, ann'],
    ['Ann|Lee', 'Ann Marie Lee'],
    ['Ann Marie|Lee', 'Ann Lee'],
    ['Ann|Lee', 'A. Lee'],
    ['Ann|Lee', 'Ann L'],
    ['Ann|Lee', 'ann.lee'],
    ['Ann|Lee', 'AnnLee'],
    ['Ann|Lee', 'Ann'],
    ['Alexander|Roth', 'Alex Roth'],
    ['Zoë|Müller-Østergaard', 'Zoe Muller Ostergaard'],
    ['Jürgen|Groß', 'Juergen Gross'],
    ['Łucja|Wójcik', 'Lucja Wojcik'],
    ['Zoe\u0308|Lind', 'Zoë Lind'],
    ['小明|王', '王小明'],
  ])('%s as %s', (name, shown) => {
    expect(compare(name, shown)).toBe('same');
  });
});

it.each([
  ['Ann|Lee', 'Ann Miller'],
  ['Ann|Lee', 'Bo Lee'],
  ['Bo|Lind', 'Bob Lind'],
  ['Dan|Lee', 'Daniela Leeson'],
])('%s is partly %s', (name, shown) => {
  expect(compare(name, shown)).toBe('partly');
});

it.each([
  ['Ann|Lee', 'Bo Lindqvist'],
  ['Ann|Lee', 'Sales Team'],
  ['小明|王', '李娜'],
])('%s is different from %s', (name, shown) => {
  expect(compare(name, shown)).toBe('different');
});

it.each([
  ['Ann|Lee', null],
  ['Ann|Lee', ' '],
  ['Ann|Lee', '--'],
  ['Ann|Lee', 'ann.lee@northlight.example'],
  ['小明|王', 'Xiaoming Wang'],
])('%s and %j cannot be compared', (name, shown) => {
  expect(compare(name, shown)).toBe('unknown');
  expect(compareNames(null, shown)).toBe('unknown');
});
