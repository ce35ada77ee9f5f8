import * as z from 'zod/mini';
import type { App } from '../../functions/shared/apps.ts';
import { AppList } from '../../functions/shared/companys-apps.ts';
import { UsageError } from '../runtime/usage-error.ts';

/** The apps of `--apps`, for the input of a state machine; nothing for all. @throws UsageError */
export function readApps(text: string | undefined): { apps?: readonly App[] } {
  if (text === undefined) return {};
  const apps = z.safeParse(AppList, text);
  if (apps.success) return { apps: apps.data };
  throw new UsageError(`--apps: ${apps.error.issues[0]?.message}`);
}
