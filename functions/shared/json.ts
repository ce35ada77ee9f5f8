/** What a JSON text says; undefined when it is not JSON. A byte order mark before it, as editors leave one, says nothing. */
export function parseJson(text: string): unknown {
  return tryParse(text);
}

/**
 * The same, where a number that JavaScript cannot hold, such as an id of 18 digits, comes as the text that it is written
 * as, instead of as another number.
 */
export function parseJsonExactly(text: string): unknown {
  return tryParse(text, (_, value, context) =>
    isAnotherNumber(value, context?.source) ? context?.source : value,
  );
}

// TypeScript does not know the context yet: https://tc39.es/proposal-json-parse-with-source/
type Reviver = (name: string, value: unknown, context?: { source?: string }) => unknown;

function tryParse(text: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''), reviver);
  } catch {
    return undefined;
  }
}

function isAnotherNumber(value: unknown, source: string | undefined): boolean {
  if (typeof value !== 'number' || source === undefined || String(value) === source) return false;
  return !Number.isFinite(value) || significantDigits(String(value)) !== significantDigits(source);
}

/** A number's digits without the zeros around them, and its power of ten: the same for every way to write it. */
function significantDigits(number: string): string {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().replace(/^-/, '').split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + digits.length - kept.length;
  return kept === '' ? '0' : `${kept}e${power}`;
}
