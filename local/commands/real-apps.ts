import { APP_DESCRIPTIONS, surfacesInUse } from '../../functions/app-descriptions.ts';
import { modeFromEnvironment } from '../../functions/pipedrive/mode.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { APPS_VARIABLE, companysApps } from '../../functions/shared/companys-apps.ts';
import { assertSpeaks, dialectOf } from '../../functions/vendor/dialect.ts';
import {
  baseUrlFromEnvironment,
  type SurfaceDescription,
  secretName,
} from '../../functions/vendor/surface.ts';
import { readSecretsFile } from '../runtime/secrets-file.ts';

/** The apps that are real, their secrets, and one line for each thing that is missing or wrong. */
export type RealApps = { apps: App[]; secrets: Map<string, string>; problems: string[] };

/**
 * The apps that the company has: those that `TENURE_APPS` names, or else those whose base URL is given, or else all.
 *
 * @throws Error when the variable names an app that tenure does not know.
 */
export function readCompanysApps(environment: NodeJS.ProcessEnv): readonly App[] {
  return companysApps(environment, appsWithBaseUrl(environment));
}

/** Reads which of the company's apps are real from the environment, and their credentials from the secrets file. */
export function readRealApps(
  environment: NodeJS.ProcessEnv,
  secretsFile: string | undefined,
  { needsSecrets = true } = {},
): RealApps {
  const { secrets, problems } =
    secretsFile === undefined
      ? { secrets: new Map<string, string>(), problems: [] }
      : readSecretsFile(secretsFile);
  // Of a file that cannot be used, nobody knows what it lacks.
  const isUsable = problems.length === 0;
  problems.push(...problemsOf(() => modeFromEnvironment(environment)));
  const companys = readCompanysApps(environment);
  const withUrl = appsWithBaseUrl(environment);
  const apps = companys.filter((app) => withUrl.includes(app) || isAtVendor(app, environment, secrets));
  for (const surface of apps.flatMap((app) => surfacesInUse(app, environment))) {
    const name = secretName(surface);
    const lacksUrl = !isSet(environment, surface.baseUrlVariable);
    if (lacksUrl && withUrl.includes(surface.vendor)) {
      problems.push(`${surface.baseUrlVariable}: expected a URL, because the app's other surface has one`);
    } else {
      problems.push(
        ...problemsOf(() => baseUrlFromEnvironment(surface, environment)),
        ...problemsOf(() => assertDialect(surface, environment)),
      );
    }
    if (needsSecrets && isUsable && !secrets.has(name))
      problems.push(`--secrets: expected ${name} with {"token":"…"}, because its app is real`);
  }
  return { apps, secrets, problems: [...new Set(problems)] };
}

/** @throws InvalidInputError when the base URL fits no dialect, or another one than the app's REST surface */
function assertDialect(surface: SurfaceDescription, environment: NodeJS.ProcessEnv): void {
  const [rest = surface] = APP_DESCRIPTIONS[surface.vendor].surfaces;
  const dialect = dialectOf(rest, undefined, environment);
  if (surface.surface === 'scim') assertSpeaks(dialect, surface, undefined, environment);
}

/** Whether an app without a base URL is real: `TENURE_APPS` names it, and its secrets are there. It is at the vendor's own host. */
function isAtVendor(app: App, environment: NodeJS.ProcessEnv, secrets: ReadonlyMap<string, string>): boolean {
  if (!isSet(environment, APPS_VARIABLE)) return false;
  return surfacesInUse(app, environment).every((surface) => secrets.has(secretName(surface)));
}

function appsWithBaseUrl(environment: NodeJS.ProcessEnv): App[] {
  return APPS.filter((app) =>
    surfacesInUse(app, environment).some(({ baseUrlVariable }) => isSet(environment, baseUrlVariable)),
  );
}

function problemsOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function isSet(environment: NodeJS.ProcessEnv, name: string): boolean {
  return (environment[name] ?? '') !== '';
}
