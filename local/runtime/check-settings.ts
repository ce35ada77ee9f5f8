import { ALL_SURFACES } from '../../functions/app-descriptions.ts';
import { gateSettingsFromEnvironment } from '../../functions/gate/settings.ts';
import { readLimitSetting } from '../../functions/rate-limit/limiter.ts';
import { InvalidInputError } from '../../functions/shared/errors.ts';
import { limitVariable } from '../../functions/vendor/surface.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads what the environment sets for every run: a step that found it unusable would be tried again, and whoever found
 * it at the start would leave servers open.
 *
 * @throws UsageError with the variable that is not usable.
 */
export function checkSettings(): void {
  try {
    gateSettingsFromEnvironment();
    for (const surface of ALL_SURFACES) readLimitSetting(limitVariable(surface));
  } catch (error) {
    throw error instanceof InvalidInputError ? new UsageError(error.message) : error;
  }
}
