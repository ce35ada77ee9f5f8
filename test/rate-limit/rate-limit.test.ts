import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestedWaitMs } from '../../functions/rate-limit/rate-limit.ts';

const NOW = Date.parse('2026-11-20T09:00:00Z');
const CAP = 15 * 60 * 1000;
const waitFor = (headers: Record<string, string>) => requestedWaitMs(new Headers(headers), NOW);
const afterReset = (reset: number | string) => waitFor({ 'X-RateLimit-Reset': String(reset) });
const afterRetry = (retry: number | string) => waitFor({ 'Retry-After': String(retry) });

const withinCap = fc.integer({ min: 0, max: CAP / 1000 });

describe('X-RateLimit-Reset', () => {
  it('means the same as a delta, in epoch seconds and in epoch milliseconds', () => {
    fc.assert(
      fc.property(withinCap, (seconds) => {
        expect(afterReset(seconds)).toBe(seconds * 1000);
        expect(afterReset(NOW / 1000 + seconds)).toBe(seconds * 1000);
        expect(afterReset(NOW + seconds * 1000)).toBe(seconds * 1000);
      }),
    );
  });

  it('is no wait when the moment has passed', () => {
    for (const past of [0, -5, NOW / 1000 - 60, NOW - 60_000]) expect(afterReset(past)).toBe(0);
  });

  it('reads fractions of a second', () => {
    expect(afterReset('1.5')).toBe(1500);
  });
});

describe('Retry-After', () => {
  it('is read as seconds and as an HTTP date', () => {
    fc.assert(
      fc.property(withinCap, (seconds) => {
        expect(afterRetry(seconds)).toBe(seconds * 1000);
        expect(afterRetry(new Date(NOW + seconds * 1000).toUTCString())).toBe(seconds * 1000);
      }),
    );
  });

  it('is no wait when the date has passed', () => {
    expect(afterRetry('Fri, 20 Nov 2026 08:59:00 GMT')).toBe(0);
  });

  it('comes before X-RateLimit-Reset', () => {
    expect(waitFor({ 'Retry-After': '3', 'X-RateLimit-Reset': '60' })).toBe(3000);
  });
});

describe('nothing readable', () => {
  it.each(['', 'soon', 'NaN', '1 s', '--'])('%j gives no wait to keep to', (garbage) => {
    expect(afterReset(garbage)).toBeUndefined();
    expect(afterRetry(garbage)).toBeUndefined();
  });

  it('is what no header at all gives', () => {
    expect(waitFor({})).toBeUndefined();
  });
});

describe('whatever is sent', () => {
  it('the wait is at most 15 minutes and never negative', () => {
    const value = fc.oneof(
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.string({ unit: 'grapheme-ascii' }),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(fc.constantFrom('Retry-After', 'X-RateLimit-Reset'), value, (name, text) => {
        const wait = waitFor({ [name]: text });
        if (wait === undefined) return;
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(CAP);
      }),
    );
  });

  it('a moment far away is cut to 15 minutes', () => {
    for (const far of [CAP / 1000 + 1, 86_400, NOW / 1000 + 86_400, NOW + CAP + 1]) {
      expect(afterReset(far)).toBe(CAP);
    }
    expect(afterRetry('Fri, 20 Nov 2099 09:00:00 GMT')).toBe(CAP);
  });
});
