import { APPS, type App } from '../functions/shared/apps.ts';
import { baseUrlFromEnvironment, secretName } from '../functions/shared/http.ts';
import { readSecretsFile } from './secrets-file.ts';
import { SURFACES } from './surfaces.ts';

/** The apps that are real, their secrets, and one line for each thing that is missing. */
export type RealApps = { apps: App[]; secrets: Map<string, string>; problems: string[] };

/** Reads which apps are real from the environment, and their credentials from the secrets file. */
export function readRealApps(environment: NodeJS.ProcessEnv, secretsFile: string | undefined): RealApps {
  const { secrets, problems } =
    secretsFile === undefined
      ? { secrets: new Map<string, string>(), problems: [] }
      : readSecretsFile(secretsFile);
  const apps = APPS.filter((app) =>
    SURFACES[app].some(({ baseUrlVariable }) => isSet(environment, baseUrlVariable)),
  );
  for (const surface of apps.flatMap((app) => SURFACES[app])) {
    const name = secretName(surface);
    if (!isSet(environment, surface.baseUrlVariable)) {
      problems.push(`${surface.baseUrlVariable}: expected a URL, because the app's other surface has one`);
    } else {
      problems.push(...urlProblems(surface, environment));
    }
    if (!secrets.has(name))
      problems.push(`--secrets: expected ${name} with {"token":"…"}, because its app is real`);
  }
  return { apps, secrets, problems };
}

function urlProblems(surface: (typeof SURFACES)[App][number], environment: NodeJS.ProcessEnv): string[] {
  try {
    baseUrlFromEnvironment(surface, environment);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function isSet(environment: NodeJS.ProcessEnv, name: string): boolean {
  return (environment[name] ?? '') !== '';
}
