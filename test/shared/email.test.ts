import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { EmailAddress, hashOfEmail, normalizeEmail, sameEmail } from '../../functions/shared/email.ts';

const accepts = (address: string) => z.safeParse(EmailAddress, address).success;

describe('two addresses are the same', () => {
  it.each([
    ['upper and lower case', 'Ann.Lee@Northlight.Example', 'ann.lee@northlight.example'],
    ['a blank at the end', 'ann.lee@northlight.example ', 'ann.lee@northlight.example'],
    ['a space that does not break', 'ann.lee@northlight.example\u00a0', 'ann.lee@northlight.example'],
    ['a space that does not break, inside', 'ann\u00a0.lee@northlight.example', 'ann.lee@northlight.example'],
    ['a tab inside', 'ann.l\tee@northlight.example', 'ann.lee@northlight.example'],
    ['a blank before the at sign', 'ann.lee @northlight.example', 'ann.lee@northlight.example'],
    ['a blank after a dot', 'ann. lee@northlight. example', 'ann.lee@northlight.example'],
    ['a tab and a line', '\tann.lee@northlight.example\r\n', 'ann.lee@northlight.example'],
    ['a next line', 'ann.lee@northlight.example\u0085', 'ann.lee@northlight.example'],
    ['a zero width space', 'ann.lee@northlight.example\u200b', 'ann.lee@northlight.example'],
    ['a zero width space, then a blank', 'ann.lee@northlight.example \u200b', 'ann.lee@northlight.example'],
    ['a byte order mark', '\ufeffann.lee@northlight.example', 'ann.lee@northlight.example'],
    ['a soft hyphen', 'ann.lee@north\u00adlight.example', 'ann.lee@northlight.example'],
    ['marks of direction', '\u202aann.lee\u200e@northlight.example\u202c', 'ann.lee@northlight.example'],
    ['joiners', 'ann\u200d.lee\u2060@northlight.example', 'ann.lee@northlight.example'],
    ['a variation selector', 'ann.lee\ufe0f@northlight.example', 'ann.lee@northlight.example'],
    ['two ways to write an accent', 'zoe\u0308@northlight.example', 'zoë@northlight.example'],
    ['capitals of another script', 'ΣΟΦΟΣ@northlight.example', 'σοφος@northlight.example'],
    ['the two forms of sigma', 'σοφοσ@northlight.example', 'σοφος@northlight.example'],
    ['a domain in its own script, and as DNS has it', 'ann@MÜNCHEN.example', 'ann@xn--mnchen-3ya.example'],
    ['such a domain with a joiner', 'ann@نامه\u200cای.example', 'ann@xn--mgba3gch31f060k.example'],
    ['quotes that are not needed', '"Ann.Lee"@northlight.example', 'ann.lee@northlight.example'],
    [
      'an escape that is not needed',
      String.raw`"ann\ lee"@northlight.example`,
      '"ann lee"@northlight.example',
    ],
  ])('with %s', (_, one, other) => {
    expect(sameEmail(one, other)).toBe(true);
    expect(hashOfEmail(one)).toBe(hashOfEmail(other));
  });

  it.each([
    ['ann.lee@northlight.example', 'annlee@northlight.example'],
    ['ann+crm@northlight.example', 'ann@northlight.example'],
    ['ann lee@northlight.example', 'annlee@northlight.example'],
    ['"ann. lee"@northlight.example', 'ann.lee@northlight.example'],
    ['zoë@northlight.example', 'zoe@northlight.example'],
    // Two letters in Turkish, whose capitals are I and İ.
    ['ılgın@northlight.example', 'ilgin@northlight.example'],
    ['İlgin@northlight.example', 'ilgin@northlight.example'],
    ['groß@northlight.example', 'gross@northlight.example'],
    ['ann@straße.example', 'ann@strasse.example'],
    ['ann@northlight.example/evil', 'ann@northlight.example'],
    ['ann@northlight.example:80', 'ann@northlight.example'],
    ['"a@b"@northlight.example', 'a@b@northlight.example'],
    ['', ''],
    [' ', '\u200b'],
  ])('and %j is not %j', (one, other) => {
    expect(sameEmail(one, other)).toBe(false);
  });

  it('whatever capitals a character has, except where a language decides', () => {
    const cased = Array.from({ length: 0x1_0000 }, (_, code) => code)
      .filter((code) => code < 0xd800 || code > 0xdfff)
      .map((code) => String.fromCodePoint(code))
      .filter((character) => /\p{L}/u.test(character) && Array.from(character.toUpperCase()).length === 1)
      .filter((character) => character !== 'ı');
    const apart = cased.filter(
      (character) => !sameEmail(`${character}@x.example`, `${character.toUpperCase()}@x.example`),
    );
    expect(cased.length).toBeGreaterThan(10_000);
    expect(apart).toEqual([]);
  });
});

describe('an address is accepted', () => {
  it.each([
    'ann.lee@northlight.example',
    'Ann.Lee@Northlight.EXAMPLE',
    'r&d.lead@northlight.example',
    "o'neil+crm@northlight.example",
    "!#$%&'*+-/=?^_`{|}~@northlight.example",
    'zoë@northlight.example',
    '小明@northlight.example',
    'ann@münchen.example',
    'ann@xn--mnchen-3ya.example',
    'ann@例え.テスト',
    '"ann lee"@northlight.example',
    '"ann@lee"@northlight.example',
    String.raw`"ann\"lee\\"@northlight.example`,
    '"zoë m"@northlight.example',
    'ann@localhost',
    'ann@a--b.example',
    'ann@1.example',
    'ann@[192.0.2.1]',
    'ann@[IPv6:2001:db8::1]',
    `${'a'.repeat(64)}@northlight.example`,
    `ann@${'a'.repeat(63)}.example`,
    `a@${`${'b'.repeat(61)}.`.repeat(4)}cdef`,
  ])('as %s', (address) => {
    expect(z.parse(EmailAddress, address)).toBe(address);
  });

  it('without the white space around it and the invisible characters of a paste, and with the joiners that a script needs', () => {
    expect(z.parse(EmailAddress, '\ufeffann\u00ad@northlight.example\u200b')).toBe('ann@northlight.example');
    expect(z.parse(EmailAddress, '\t ann@northlight.example \u200b\u00a0\r\n')).toBe(
      'ann@northlight.example',
    );
    expect(z.parse(EmailAddress, 'ann@نامه\u200cای.example')).toBe('ann@نامه\u200cای.example');
  });
});

it.each([
  ['nothing', ''],
  ['no domain', 'ann@'],
  ['no local part', '@northlight.example'],
  ['no at sign', 'ann.northlight.example'],
  ['two at signs', 'ann@lee@northlight.example'],
  ['two dots', 'ann..lee@northlight.example'],
  ['a dot at the start', '.ann@northlight.example'],
  ['a dot at the end', 'ann.@northlight.example'],
  ['a domain that ends with a dot', 'ann@northlight.example.'],
  ['an empty label', 'ann@northlight..example'],
  ['a hyphen at the start of a label', 'ann@-northlight.example'],
  ['a hyphen at the end of a label', 'ann@northlight-.example'],
  ['an underscore in the domain', 'ann@north_light.example'],
  ['a space', 'ann lee@northlight.example'],
  ['a space that does not break', 'ann\u00a0@northlight.example'],
  ['two addresses', 'ann@northlight.example, bo@northlight.example'],
  ['a name before it', 'Ann <ann@northlight.example>'],
  ['a control character', 'ann\u0007@northlight.example'],
  ['a control character in quotes', '"ann\u0000"@northlight.example'],
  ['a line break', 'ann@northlight.example\nbcc: bo@northlight.example'],
  ['half of a character', 'ann\ud800@northlight.example'],
  ['a quote that does not end', '"ann@northlight.example'],
  ['a quote in the middle', 'a"n"n@northlight.example'],
  ['a local part too long', `${'a'.repeat(65)}@northlight.example`],
  ['a local part of too many bytes', `${'ë'.repeat(33)}@northlight.example`],
  ['a label too long', `ann@${'a'.repeat(64)}.example`],
  ['a label too long for DNS', `ann@${'ü'.repeat(62)}.example`],
  ['too much', `a@${`${'b'.repeat(61)}.`.repeat(4)}cdefg`],
  ['a network address that is none', 'ann@[300.0.2.1]'],
  ['another that is none', 'ann@[IPv6:2001:db8::1::2]'],
  ['nothing that can be seen', '\u200b@northlight.example'],
])('an address is refused with %s', (_, address) => {
  expect(accepts(address)).toBe(false);
});

it('a long text is refused, whatever it is made of', () => {
  for (const text of ['a-', '-', 'a.', '"', '\\', '@', 'ü']) {
    expect(accepts(`${text.repeat(100_000)}`)).toBe(false);
    expect(accepts(`ann@${text.repeat(125)}!`)).toBe(false);
  }
});

describe('whatever the text', () => {
  const seed = { seed: 12, numRuns: 200 };
  // fast-check's own unit of this kind spends most of a second on a table of all of Unicode.
  const codePoint = fc
    .integer({ min: 0, max: 0x10_ffff })
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code));
  const anyText = fc.string({ unit: codePoint });
  const atom = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}$/);
  const label = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9]{0,18}[A-Za-z0-9])?$/);
  const address = fc
    .tuple(fc.array(atom, { minLength: 1, maxLength: 3 }), fc.array(label, { minLength: 1, maxLength: 4 }))
    .map(([atoms, labels]) => `${atoms.join('.')}@${labels.join('.')}`);

  it('normalizing twice is normalizing once', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'grapheme' }), address), (text) => {
        expect(normalizeEmail(normalizeEmail(text))).toBe(normalizeEmail(text));
      }),
      seed,
    );
  });

  it('it is accepted or refused, and what is accepted has UTF-8 and no control characters', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.emailAddress(), address), (text) => {
        const parsed = z.safeParse(EmailAddress, text);
        if (parsed.success) expect(/[\p{Cc}\p{Cs}]/u.test(parsed.data)).toBe(false);
      }),
      seed,
    );
  });

  it('every address that needs no quotes is accepted, and the same in capitals and with quotes', () => {
    fc.assert(
      fc.property(address, (text) => {
        expect(accepts(text)).toBe(true);
        expect(sameEmail(text, text.toUpperCase())).toBe(true);
        expect(sameEmail(text, ` ${text.replace(/^(.*)@/, '"$1"@')}\u200b`)).toBe(true);
      }),
      seed,
    );
  });

  it('it is the same as itself with what nobody sees, and as nothing else', () => {
    const invisible = fc.constantFrom('\u200b', '\ufeff', '\u00ad', '\u200e', '\u2066', '\ufe0f', '\u200d');
    fc.assert(
      fc.property(address, address, invisible, fc.nat(), (one, other, hidden, place) => {
        const at = place % (one.length + 1);
        expect(sameEmail(one, one.slice(0, at) + hidden + one.slice(at))).toBe(true);
        expect(sameEmail(one, other)).toBe(one.toLowerCase() === other.toLowerCase());
      }),
      seed,
    );
  });
});

it('has a JSON Schema that accepts what the code accepts', () => {
  const { pattern = '', maxLength } = z.toJSONSchema(EmailAddress, { io: 'input' });
  expect(maxLength).toBe(254);
  for (const address of [
    'r&d.lead@northlight.example',
    'zoë@münchen.example',
    'ann\u200b@northlight.example',
  ])
    expect(new RegExp(pattern, 'u').test(address)).toBe(true);
  expect(new RegExp(pattern, 'u').test('ann lee@northlight.example')).toBe(false);
});
