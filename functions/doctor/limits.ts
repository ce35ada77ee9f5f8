import { readLimitSetting } from '../rate-limit/limiter.ts';
import { leftToday } from '../rate-limit/rate-limit.ts';
import type { Check } from '../tables/diagnosis-store.ts';
import { limitVariable, type SurfaceDescription } from '../vendor/surface.ts';
import { ok, unknown, wrong } from './diagnosis.ts';

/** Which limit an app's answers tell, and whether tenure keeps to it. */
export function limitCheck(surface: SurfaceDescription, told: Headers): Check {
  const number = (name: string) => {
    const text = told.get(name);
    return text === null || text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text);
  };
  const allowed = number('x-ratelimit-limit') ?? number('x-ratelimit-limit-minute');
  const left = number('x-ratelimit-remaining') ?? number('x-ratelimit-remaining-minute');
  const today = leftToday(told);
  const kept = readLimitSetting(limitVariable(surface)) ?? surface.limit;
  if (allowed !== null && kept !== 'unknown' && allowed < kept.capacity)
    return wrong(
      'limit',
      `${allowed} calls allowed, tenure keeps to ${kept.capacity}`,
      `set ${surface.planVariables?.[0] ?? limitVariable(surface)}`,
      surface.surface,
    );
  const parts = [
    ...(allowed === null ? [] : [`limit ${allowed}`]),
    ...(allowed === null && left !== null ? [`${left} calls left`] : []),
    ...(today === undefined ? [] : [`${today} left today`]),
  ];
  return parts.length === 0
    ? unknown('limit', 'no answer tells a limit', surface.surface)
    : ok('limit', parts.join(', '), surface.surface);
}
