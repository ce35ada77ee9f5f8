/**
 * Whether two texts read the same, as apps keep them: composed or not, with other blanks, with HTML's names for signs, or
 * with straight quotation marks and apostrophes.
 */
export function sameText(one: string | null, other: string | null): boolean {
  return plain(one) === plain(other);
}

const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi;
const SIGNS: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
const LAST_CODE_POINT = 0x10_ffff;

function plain(text: string | null): string | null {
  if (text === null) return null;
  return text
    .replace(ENTITY, signOf)
    .normalize('NFC')
    .replace(/[‘’‛ʼ′´`]/g, "'")
    .replace(/[“”„‟″]/g, '"')
    .trim()
    .replace(/\s+/g, ' ');
}

function signOf(entity: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return SIGNS[name.toLowerCase()] ?? entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return code <= LAST_CODE_POINT ? String.fromCodePoint(code) : entity;
}
