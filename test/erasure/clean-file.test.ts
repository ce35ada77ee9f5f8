import { describe, expect, it } from 'vitest';
import { cleanFile } from '../../functions/erasure/clean-file.ts';
import { tracesOf } from '../../functions/erasure/person.ts';

const traces = tracesOf({
  employeeIds: ['E-7', 'OLD-7'],
  addresses: ['ann.lee@co.example'],
  names: ['Ann Lee', 'Lee, Ann', 'Ann "Nan" Lee'],
  runs: [],
});
const clean = (name: string, text: string) => cleanFile(name, text, traces);

describe('a file of a person who is forgotten', () => {
  it.each([
    [
      'a.csv',
      'employeeId,email\nE-7,x@co.example\nE-8,bob@co.example\n',
      'employeeId,email\nE-8,bob@co.example\n',
    ],
    ['a.txt', 'ask Ann Lee\n', 'ask (forgotten)\n'],
    ['a.csv', 'E-7,Ann Lee\nE-8,Bob Ray\n', ',(forgotten)\nE-8,Bob Ray\n'],
    ['a.csv', 'crmId,email\nC-1,Ann.Lee@CO.example\n', 'crmId,email\n'],
    ['a.csv', 'id,managerEmail\nE-8,ann.lee@co.example\n', 'id,managerEmail\nE-8,forgotten@erased.invalid\n'],
    ['a.json', '[{"employeeId":"E-7"},{"employeeId":"E-8"}]', '[\n{"employeeId":"E-8"}\n]\n'],
    ['a.json', '[{"employeeId":"OLD-7"}]', '[]\n'],
    [
      'a.json',
      '[{"employeeId":"E-8","managers":[{"employeeId":"E-7"},{"employeeId":"E-9"}]}]',
      '[\n{"employeeId":"E-8","managers":[{"employeeId":"E-9"}]}\n]\n',
    ],
    [
      'a.jsonl',
      '{"employeeId":"E-7"}\n{"employeeId":"E-8","note":"asked Ann Lee"}\n',
      '{"employeeId":"E-8","note":"asked (forgotten)"}\n',
    ],
    [
      'a.json',
      String.raw`[{"id":"E-8","note":"Ann \"Nan\" Lee"}]`,
      '[\n{"id":"E-8","note":"(forgotten)"}\n]\n',
    ],
  ])('%s %s', (name, text, wanted) => {
    expect(clean(name, text)).toBe(wanted);
  });

  it.each([
    ['a.csv', 'id,email\nE-77,joann.lee@co.example\nE-8,ann.lee@co.example.org\nE-9,ann.lee@co.examples\n'],
    ['a.csv', 'id,"a ""b""",c\r\nE-70,"Joann Lee",Ann Leeson\r\n'],
    ['a.json', '{ "employeeId": "E-70" }'],
    ['a.txt', 'Nobody'],
    ['a.json', 'not JSON'],
  ])('stays byte for byte when it is about others: %s %s', (name, text) => {
    expect(clean(name, text)).toBe(text);
  });

  it.each([
    ['a.bin', 'of ann.lee@co.example'],
    ['a.json', '{"cut off": "ann.lee@co.example'],
    ['a.csv', 'a,"b\nann.lee@co.example'],
    ['a.jsonl', '{"a":1}\nann.lee@co.example'],
  ])('goes when it cannot be taken apart: %s', (name, text) => {
    expect(clean(name, text)).toBeNull();
  });
});
