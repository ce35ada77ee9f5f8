import { hash } from 'node:crypto';
import { domainToASCII, domainToUnicode } from 'node:url';
import * as z from 'zod/mini';

// Nothing that anybody sees: zero width spaces, a byte order mark, soft hyphens, marks of direction, variation selectors.
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
// The two joiners change how letters of some scripts look, so they stay in what is sent to a vendor.
const INVISIBLE_BUT_JOINERS = /(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/gu;
// With the next line, which Unicode counts as white space and `\s` does not. A blank inside may stand for a dot.
const STRAY_WHITE_SPACE = /(?! )[\s\u0085]|(?<=[.@]) +| +(?=[.@])/g;
const WHITE_SPACE_AROUND = /^[\s\u0085]+|[\s\u0085]+$/g;
const PRINTABLE_ASCII = /^[!-~]*$/;
const UNQUOTED_ASCII = /^[!#-~]*$/;

// https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2 and https://www.rfc-editor.org/rfc/rfc6531#section-3.3
const OTHER_SCRIPTS = String.raw`[^\p{ASCII}\p{Cc}\p{Cs}\p{Z}]`;
const ATOM = String.raw`(?:[A-Za-z0-9!#$%&'*+\/=?^_\x60{|}~\-]|${OTHER_SCRIPTS})+`;
const DOT_ATOM = String.raw`${ATOM}(?:\.${ATOM})*`;
const QUOTED_STRING = String.raw`"(?:[ !#-\[\]-~]|\\[ -~]|${OTHER_SCRIPTS})*"`;
const LETTERS = `(?:[A-Za-z0-9]|${OTHER_SCRIPTS})+`;
const LABEL = `${LETTERS}(?:-+${LETTERS})*`;
const LITERAL = String.raw`\[(?:IPv6:[0-9A-Fa-f:.]+|[0-9]{1,3}(?:\.[0-9]{1,3}){3})\]`;
const ADDRESS = new RegExp(
  String.raw`^(?:${DOT_ATOM}|${QUOTED_STRING})@(?:${LABEL}(?:\.${LABEL})*|${LITERAL})$`,
  'u',
);
const NEEDS_NO_QUOTES = new RegExp(`^${DOT_ATOM}$`, 'u');

/** A text without what nobody sees, such as a paste or an export leaves there. The two joiners stay. */
export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE_BUT_JOINERS, '');
}

/** Whether two addresses are the same mailbox, as `normalizeEmail` sees it. Where one is missing, they are not. */
export function sameEmail(a: string, b: string): boolean {
  return isAddressAmong(a, [b]);
}

/** Whether an address is the same mailbox as one of several; null is none. */
export function isAddressAmong(address: string | null, addresses: readonly string[]): boolean {
  const normalized = normalizeEmail(address ?? '');
  return normalized !== '' && addresses.some((other) => normalizeEmail(other) === normalized);
}

/**
 * One spelling for all of the same mailbox: without stray white space and invisible characters, NFC, in lower
 * case, without quotes that are not needed, the domain as DNS has it (`xn--…`). It is for comparing; what a vendor
 * gets is the address as HR has it. A text that is no address is treated alike.
 */
export function normalizeEmail(text: string): string {
  // Nearly all of the many thousand that a list is compared with.
  const lower = text.toLowerCase();
  if (UNQUOTED_ASCII.test(text) && !lower.includes('xn--')) return lower;
  const visible = text.replace(INVISIBLE, '').replace(WHITE_SPACE_AROUND, '');
  // White space is a part of an address between quotes only.
  const meant = visible.startsWith('"') ? visible : visible.replace(STRAY_WHITE_SPACE, '');
  const at = meant.lastIndexOf('@');
  if (at === -1) return foldCase(visible);
  return `${normalizeLocalPart(foldCase(meant.slice(0, at)))}@${normalizeDomain(foldCase(meant.slice(at + 1)))}`;
}

/**
 * How else the same mailbox may be written: with the domain in its own script and as DNS has it, with composed and
 * decomposed letters, without quotes that are not needed. For vendors whose search knows one spelling only.
 */
export function spellingsOf(address: string): string[] {
  const at = address.lastIndexOf('@');
  const [localPart, domain] = [address.slice(0, at), address.slice(at + 1)];
  const domains = PRINTABLE_ASCII.test(domain) && !domain.includes('xn--') ? [domain] : bothForms(domain);
  const localParts = [localPart, normalizeLocalPart(localPart)];
  const written = localParts.flatMap((local) => domains.map((one) => `${local}@${one}`));
  return [...new Set(written.flatMap((text) => [text, text.normalize('NFC'), text.normalize('NFD')]))];
}

function bothForms(domain: string): string[] {
  return [domain, domainToUnicode(domain), domainToASCII(domain)].filter((form) => form !== '');
}

/** What stands for an address where nobody has to read it; the same for every spelling of the same mailbox. */
export function hashOfEmail(email: string): string {
  return hash('sha256', normalizeEmail(email), 'base64url').slice(0, 22);
}

/**
 * Unicode's simple case folding, which knows no language: a character becomes one character, so `ß` is not `ss`, and
 * the dotless `ı` is a letter of its own.
 */
function foldCase(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text.toLowerCase();
  return Array.from(text.normalize('NFC'), foldCharacter).join('').normalize('NFC');
}

function foldCharacter(character: string): string {
  if (character === 'ı') return character;
  // By way of the capital, because some small letters have two forms: `ς` and `σ`.
  const capital = character.toUpperCase();
  return Array.from(capital).length === 1 ? capital.toLowerCase() : character.toLowerCase();
}

const QUOTED = /^"(.*)"$/s;

// "ann.lee"@example.com is ann.lee@example.com: https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2
function normalizeLocalPart(localPart: string): string {
  const quoted = QUOTED.exec(localPart)?.[1];
  if (quoted === undefined) return localPart;
  const meant = quoted.replace(/\\(.)/gs, '$1');
  return NEEDS_NO_QUOTES.test(meant) ? meant : `"${meant.replace(/["\\]/g, '\\$&')}"`;
}

// What could make a URL of it; only the host is to be converted.
const NO_HOST = /[^\P{ASCII}a-z0-9._-]/u;

function normalizeDomain(domain: string): string {
  const isPlain = PRINTABLE_ASCII.test(domain) && !domain.includes('xn--');
  if (isPlain || NO_HOST.test(domain)) return domain;
  const shown = domainToUnicode(domain).replace(INVISIBLE, '');
  return domainToASCII(shown) || domain;
}

const MOST_BYTES = 254;
const MOST_BYTES_OF_LOCAL_PART = 64;
const LONGEST_LABEL = 63;

/**
 * An address as mail allows it, in any script; what a paste or an export has left there is taken out: invisible
 * characters, and white space around it. Nothing else is changed.
 */
export const EmailAddress = z.string().check(
  z.overwrite((text) => withoutInvisible(text).replace(WHITE_SPACE_AROUND, '')),
  z.maxLength(MOST_BYTES, { error: 'must be an email address of at most 254 bytes', abort: true }),
  z.regex(ADDRESS, { error: 'must be an email address', abort: true }),
  z.refine(hasPossibleParts, { error: 'must be an email address with a domain that can exist' }),
);

function hasPossibleParts(address: string): boolean {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  if (Buffer.byteLength(address) > MOST_BYTES) return false;
  if (Buffer.byteLength(address.slice(0, at)) > MOST_BYTES_OF_LOCAL_PART) return false;
  if (domain.startsWith('[')) return isAddressLiteral(domain.slice(1, -1));
  const labels = (PRINTABLE_ASCII.test(domain) ? domain : domainToASCII(domain)).split('.');
  return labels.every(({ length }) => length > 0 && length <= LONGEST_LABEL);
}

function isAddressLiteral(literal: string): boolean {
  const [, ipv6] = literal.split(/^IPv6:/);
  return ipv6 === undefined ? z.regexes.ipv4.test(literal) : z.regexes.ipv6.test(ipv6);
}
