import { type CredentialSource, secretCredential } from '../credentials/secrets.ts';
import { currentDeadline, withDeadline } from '../shared/deadline.ts';
import {
  InvalidInputError,
  VendorAuthError,
  VendorRejectedError,
  VendorResponseError,
} from '../shared/errors.ts';
import { realSleep } from '../shared/sleep.ts';
import type { Check, Diagnosis } from '../tables/diagnosis-store.ts';
import { type Dialect, dialectOf, dialectVariable, urlInDialect } from '../vendor/dialect.ts';
import type { HttpOptions } from '../vendor/http.ts';
import { vendorHttp } from '../vendor/http.ts';
import { type ScimClient, scimClient } from '../vendor/scim.ts';
import { baseUrlFromEnvironment, isUsed, type Surface, secretName } from '../vendor/surface.ts';
import { diagnosisOf, ok, unknown, wrong } from './diagnosis.ts';
import type { Examination } from './examination.ts';
import { failureChecks } from './failures.ts';
import { limitCheck } from './limits.ts';
import { witness } from './witness.ts';

// Whoever asks waits. A call that waits for a limit needs 20 seconds of it for itself; see functions/vendor/patiently.ts.
const PATIENCE_MS = 30_000;
const PAGE_SIZE = 100;

/** What was found out so far. */
type Found = { dialect: Dialect | null; answers: Dialect | null; checks: Check[] };

/** A surface that can be asked. */
type Reached = { surface: Surface; options: Required<Pick<HttpOptions, 'baseUrl' | 'credential' | 'fetch'>> };

/**
 * Examines an app: asks each of its surfaces what changes nothing. Whatever goes wrong is a finding.
 *
 * @param now in epoch milliseconds.
 */
export async function diagnose(examination: Examination, now = Date.now): Promise<Diagnosis> {
  const { vendor: app } = examination.rest('guide');
  const endsAt = Math.min(currentDeadline(), now() + PATIENCE_MS);
  const found = await withDeadline(endsAt, () => examine(examination));
  return diagnosisOf({ app, ...found }, now());
}

async function examine(examination: Examination): Promise<Found> {
  const set = readSettings(examination);
  if ('checks' in set) return set;
  const { dialect, rest, scim } = set;
  const seen = witness();
  const options = { ...rest.options, fetch: seen.fetch };
  const asked = await attempt(() => examination.ask(dialect, options));
  const scimChecks = scim === null ? [] : await examineScim(examination, scim);
  const crossed = scim === null ? [] : await crossChecks(examination, dialect, { rest, scim });
  if (!asked.ok) {
    const told = await explain(examination, { dialect, rest, error: asked.error });
    return { dialect, answers: told.answers, checks: [...told.checks, ...crossed, ...scimChecks] };
  }
  const checks = [
    ...(await answered(examination, dialect, options)),
    ...crossed,
    limitCheck(rest.surface, seen.told()),
    ...(scim === null ? [noScim(examination)] : scimChecks),
  ];
  return { dialect, answers: dialect, checks };
}

/** The surfaces as the settings have them, or what is wrong with the settings. */
function readSettings(
  examination: Examination,
): { dialect: Dialect; rest: Reached; scim: Reached | null } | Found {
  const { vendor } = examination.rest('guide');
  try {
    const dialect = dialectOf(examination.rest('guide'));
    const rest = reach(examination.rest(dialect));
    const { scim } = examination;
    return { dialect, rest, scim: scim === undefined || !isUsed(scim) ? null : reach(scim) };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const advice = `correct it, or set ${dialectVariable(vendor)}`;
    return { dialect: null, answers: null, checks: [wrong('settings', error.message, advice)] };
  }
}

function reach(surface: Surface): Reached {
  const credential = secretCredential(surface, secretName(surface));
  return { surface, options: { baseUrl: baseUrlFromEnvironment(surface), credential, fetch } };
}

/** What can be told of an app that answers in its dialect. */
async function answered(
  { look, dialectCheck, rest }: Examination,
  dialect: Dialect,
  options: Reached['options'],
): Promise<Check[]> {
  const looked = await attempt(() => look(dialect, options));
  return [
    ok('reachable', 'answers'),
    ok('token', 'token accepted'),
    dialectCheck === undefined ? ok('dialect', dialect) : await dialectCheck(dialect, options),
    ...(looked.ok ? looked.value : failureChecks(rest(dialect), looked.error)),
  ];
}

/** Why REST did not answer as the dialect has it: in the other dialect, perhaps. */
async function explain(
  { ask, rest }: Examination,
  { dialect, rest: reached, error }: { dialect: Dialect; rest: Reached; error: unknown },
): Promise<Pick<Found, 'answers' | 'checks'>> {
  const { surface, options } = reached;
  const other = dialect === 'live' ? 'guide' : 'live';
  const mayBeOther = error instanceof VendorResponseError || error instanceof VendorRejectedError;
  const baseUrl = urlInDialect(rest(other), options.baseUrl, other);
  if (!mayBeOther || !(await attempt(() => ask(other, { ...options, baseUrl }))).ok)
    return { answers: null, checks: failureChecks(surface, error) };
  const variable = dialectVariable(surface.vendor);
  return {
    answers: other,
    checks: [
      ok('reachable', 'answers'),
      ok('token', 'token accepted'),
      wrong('dialect', `answers as ${other}, not ${dialect}`, `set ${variable}=${other}`),
    ],
  };
}

function noScim({ scim }: Examination): Check {
  return ok('scim', scim === undefined ? 'no SCIM' : 'SCIM not used');
}

function connectScim({ surface, options }: Reached, pageSize: number): ScimClient {
  return scimClient(surface, vendorHttp(surface, options), { sleep: realSleep, pageSize });
}

async function examineScim({ lookAtScim }: Examination, scim: Reached): Promise<Check[]> {
  const client = connectScim(scim, PAGE_SIZE);
  const asked = await attempt(async () => {
    await client.listUsers('diagnose', 1);
    return (await lookAtScim?.(client)) ?? [];
  });
  if (!asked.ok) return failureChecks(scim.surface, asked.error);
  return [
    ok('reachable', 'answers', 'scim'),
    ok('token', 'token accepted', 'scim'),
    ok('scim', 'SCIM', 'scim'),
    ...asked.value,
  ];
}

/** Whether a surface takes the other one's token. One that takes both hides that they were mixed up. */
async function crossChecks(
  { ask }: Examination,
  dialect: Dialect,
  { rest, scim }: { rest: Reached; scim: Reached },
): Promise<Check[]> {
  const withToken = (to: Reached, from: Reached) => ({
    ...to.options,
    credential: asItIs(from.options.credential),
  });
  const onScim = await attempt(() =>
    connectScim({ ...scim, options: withToken(scim, rest) }, 1).listUsers('diagnose', 1),
  );
  const onRest = await attempt(() => ask(dialect, withToken(rest, scim)));
  return [crossCheck(onScim, { of: rest, on: scim }), crossCheck(onRest, { of: scim, on: rest })];
}

function crossCheck(asked: Attempt<unknown>, { of, on }: { of: Reached; on: Reached }): Check {
  const [own, other] = [of, on].map(({ surface }) => (surface.surface === 'scim' ? 'SCIM' : 'REST'));
  const surface = of.surface.surface;
  if (asked.ok)
    return wrong(
      'other_surface',
      `${other} takes ${own}'s token`,
      `replace ${secretName(of.surface)}`,
      surface,
    );
  if (asked.error instanceof VendorAuthError)
    return ok('other_surface', `${other} refuses ${own}'s token`, surface);
  return unknown('other_surface', `${other} could not be asked with ${own}'s token`, surface);
}

/** A credential that is not renewed when the wrong surface refuses it. */
function asItIs(source: CredentialSource): CredentialSource {
  const { secretName: name } = source;
  return { secretName: name, token: () => source.token(), tokenAfterRefusal: async (stale) => stale };
}

type Attempt<T> = { ok: true; value: T } | { ok: false; error: unknown };

async function attempt<T>(run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    return { ok: false, error };
  }
}
