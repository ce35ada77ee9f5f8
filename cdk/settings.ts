import type { Node } from 'constructs';
import * as z from 'zod/mini';
import { ALL_SURFACES, APP_DESCRIPTIONS } from '../functions/app-descriptions.ts';
import { GateSettings } from '../functions/gate/settings.ts';
import { PipedrivePlan, PipedriveSeats } from '../functions/pipedrive/live/limit.ts';
import { PipedriveMode } from '../functions/pipedrive/mode.ts';
import { LimitSetting } from '../functions/rate-limit/limiter.ts';
import { Fixable } from '../functions/reconciliation/fixable.ts';
import { APPS } from '../functions/shared/apps.ts';
import { AppList } from '../functions/shared/companys-apps.ts';
import { HR_SOURCES } from '../functions/shared/hr-sources.ts';
import { describeIssues } from '../functions/shared/issues.ts';
import { parseJson } from '../functions/shared/json.ts';
import { assertSpeaks, Dialect, dialectOf, dialectVariable } from '../functions/vendor/dialect.ts';
import { limitVariable } from '../functions/vendor/surface.ts';

const BASE_URL_VARIABLES = ALL_SURFACES.map(({ baseUrlVariable }) => baseUrlVariable);

// Context from the command line is text, and context that is not wanted is the empty text.
const Optional = z.pipe(
  z.optional(z.string()),
  z.transform((text) => (text === '' ? undefined : text)),
);

const Cron = z.string().check(z.regex(/^\S+( \S+){5}$/, { error: 'must be six fields: 0 2 * * ? *' }));

// A Lambda's whole environment has 4 KB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const LONGEST_GATE = 3000;

const Gate = z
  .string()
  .check(
    z.maxLength(LONGEST_GATE),
    z.refine(isGate, { error: 'must be JSON as docs/guide/safety.md shows it' }),
  );

function isGate(text: string): boolean {
  return z.safeParse(GateSettings, parseJson(text)).success;
}

const Scope = (name: string) => z._default(z.string().check(z.minLength(1)), `tenure/${name}`);
const Scopes = z.strictObject({
  read: Scope('read'),
  run: Scope('run'),
  approve: Scope('approve'),
  admin: Scope('admin'),
});

const BaseUrls = z.partialRecord(z.enum(BASE_URL_VARIABLES), z.url());
const RateLimits = z.partialRecord(z.enum(ALL_SURFACES.map(limitVariable)), LimitSetting);

const Settings = z
  .object({
    /** Part of every resource's name, so that several deployments fit into one account. */
    stage: z
      .string()
      .check(
        z.regex(/^[a-z][a-z0-9-]{0,15}$/, { error: 'must be 1 to 16 of a-z, 0-9 and -, a letter first' }),
      ),
    /** The apps that the company has, separated by commas; all unless given. */
    apps: AppList,
    /** The file of the policy, from the top of the project. */
    policy: z.string().check(z.minLength(1)),
    /** The HR systems that people come from, separated by commas; none unless given. */
    hrSources: z.pipe(z.string(), z.pipe(z.transform(listOf), z.array(z.enum(HR_SOURCES)))),
    /** Where to deploy; the region of the AWS profile when left out. */
    region: Optional,
    /** The issuer of the tokens that the API accepts; without it the API asks for AWS credentials. */
    jwtIssuer: z.pipe(
      Optional,
      z.optional(
        z.string().check(z.refine(isIssuer, { error: 'must be an https URL without query or fragment' })),
      ),
    ),
    jwtAudience: Optional,
    /** The client by which the page signs people in at that issuer; there is no page without it. */
    pageClientId: Optional,
    /** What the page asks the issuer for; `openid` and the names of the scopes when left out. */
    pageScope: Optional,
    /** The audience that it names to an issuer which wants one. */
    pageAudience: Optional,
    /** The names of the scopes that a token needs, as JSON; without one it is tenure/ and what it is for. */
    scopes: z.pipe(z.string(), z.pipe(z.transform(parseJson), Scopes)),
    /** Who is told about alarms; without it somebody has to subscribe to the topic. */
    alarmEmail: Optional,
    /** Whether tables, secrets, dead letters and the key outlive the stack. */
    retainData: z.stringbool(),
    /** What is held for a person, as JSON; see functions/gate/settings.ts. */
    gate: Gate,
    /** When the reconciliation begins, as the six fields of an EventBridge cron expression, in UTC. */
    reconcileAt: Cron,
    /** The apps that it walks, separated by commas; all that the company has unless given. */
    reconcileApps: z.pipe(z.string(), z.pipe(z.transform(listOf), z.array(z.enum(APPS)))),
    /** The findings that it mends by itself, in the same form; none unless given. */
    reconcileFix: z.pipe(z.string(), z.pipe(z.transform(listOf), z.array(Fixable))),
    /** When Drata's compliance is synced, in the same form; never when left out. */
    complianceSyncAt: z.union([
      Cron,
      z.pipe(
        z.literal(''),
        z.transform(() => undefined),
      ),
    ]),
    /** How often the password of tenure's user in Driftwood is rotated; it is not unless given. */
    driftwoodPasswordRotationDays: z.pipe(
      Optional,
      z.pipe(z.transform(numberOf), z.optional(z.int().check(z.minimum(1), z.maximum(1000)))),
    ),
    /** How long the bus keeps HR events to be replayed, in days. */
    archiveDays: z.pipe(
      Optional,
      z.pipe(z.transform(numberOf), z._default(z.int().check(z.minimum(1), z.maximum(365)), 90)),
    ),
    /** Who may put HR events on the bus: ARNs, which may end with `*`; whom the account allows when left out. */
    hrPrincipals: z.pipe(
      z._default(z.string(), ''),
      z.pipe(
        z.transform(listOf),
        z.array(
          z
            .string()
            .check(
              z.regex(/^arn:aws[\w-]*:(iam|sts)::\d{12}:\S+$/, { error: 'must be ARNs of IAM principals' }),
            ),
        ),
      ),
    ),
    /** How many leavers one reconciliation may offboard, whoever starts it; none when 0. */
    reconcileMostFixes: z.pipe(
      Optional,
      z.pipe(z.transform(numberOf), z._default(z.int().check(z.minimum(0), z.maximum(500)), 25)),
    ),
    /** How many days ago somebody must have left to be erased. */
    eraseAfterDays: z.pipe(
      Optional,
      z.pipe(z.transform(numberOf), z._default(z.int().check(z.minimum(1), z.maximum(3650)), 90)),
    ),
    /** For how many days reports, findings, follow-ups and files are kept. */
    reportDays: z.pipe(
      Optional,
      z.pipe(z.transform(numberOf), z._default(z.int().check(z.minimum(90), z.maximum(3650)), 400)),
    ),
    /** For how many days is kept who a leaver was: profile, addresses and accounts. */
    leaverDays: z.pipe(
      Optional,
      z.pipe(z.transform(numberOf), z._default(z.int().check(z.minimum(90), z.maximum(3650)), 400)),
    ),
    /** How many requests a second each webhook takes; anybody can send one. */
    webhooksPerSecond: z.pipe(
      Optional,
      z.pipe(z.transform(numberOf), z._default(z.int().check(z.minimum(1), z.maximum(1000)), 5)),
    ),
    /** The surface that writes Pipedrive's accounts; SCIM needs a plan with SSO. */
    pipedriveMode: PipedriveMode,
    /** The company's plan with Pipedrive, which says how many requests its API takes in two seconds. */
    pipedrivePlan: z.pipe(Optional, z.optional(PipedrivePlan)),
    /** The seats that it pays for there, which say with the plan how many tokens a day has. */
    pipedriveSeats: z.pipe(Optional, z.pipe(z.transform(numberOf), z.optional(PipedriveSeats))),
    /** After how many days training and background checks are overdue; they are not followed up when left out. */
    trainingDueDays: z.pipe(
      Optional,
      z.pipe(z.transform(numberOf), z.optional(z.int().check(z.minimum(1), z.maximum(300)))),
    ),
    /** For how many days a joiner is waited for whom Drata does not have yet; with `trainingDueDays` only. */
    drataAppearsWithinDays: z.pipe(
      Optional,
      z.pipe(z.transform(numberOf), z._default(z.int().check(z.minimum(1), z.maximum(300)), 7)),
    ),
    /** Replacements for the vendors' own base URLs, such as a company's own Pipedrive domain. */
    baseUrls: z.pipe(z.string(), z.pipe(z.transform(jsonOrText), BaseUrls)),
    /** By app, the dialect of its API, where neither the base URL nor its absence tells the right one. */
    dialects: z.pipe(z.string(), z.pipe(z.transform(jsonOrText), z.partialRecord(z.enum(APPS), Dialect))),
    /** Replacements for the vendors' documented rate limits, for a plan that allows more or less. */
    rateLimits: z.pipe(z.string(), z.pipe(z.transform(jsonOrText), RateLimits)),
  })
  .check(
    z.refine(({ apps, reconcileApps }) => reconcileApps.every((app) => apps.includes(app)), {
      path: ['reconcileApps'],
      error: 'must name none that is not among apps',
    }),
    z.refine(
      ({ apps, driftwoodPasswordRotationDays: days }) => days === undefined || apps.includes('driftwood'),
      {
        path: ['driftwoodPasswordRotationDays'],
        error: 'must not be given unless driftwood is among apps',
      },
    ),
    z.refine(({ jwtIssuer, jwtAudience }) => (jwtIssuer === undefined) === (jwtAudience === undefined), {
      path: ['jwtAudience'],
      error: 'must be given together with jwtIssuer',
    }),
    z.refine(({ jwtIssuer, pageClientId }) => pageClientId === undefined || jwtIssuer !== undefined, {
      path: ['pageClientId'],
      error: 'must not be given without jwtIssuer: a page cannot sign for IAM',
    }),
  );
/** What can be set about a deployment: the context in cdk.json, or `-c name=value` on the command line. */
export type Settings = z.infer<typeof Settings>;

/** What JSON says; a text that is none stays, so that its form is what is wrong. */
function jsonOrText(text: string): unknown {
  return parseJson(text) ?? text;
}

/**
 * https://openid.net/specs/openid-connect-core-1_0.html#IDToken: "a case sensitive URL using the https scheme". Over http
 * whoever sits on the way could hand out the keys with which tokens are checked.
 */
function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.hostname !== '' && url.search === '' && url.hash === '';
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function listOf(text: string): string[] {
  return text.split(',').flatMap((word) => word.trim() || []);
}

/**
 * The settings from the CDK context.
 *
 * @throws Error with every setting that is missing or not of its form.
 */
export function readSettings(node: Node): Settings {
  const names = Object.keys(Settings.def.shape);
  const context = Object.fromEntries(names.map((name) => [name, node.tryGetContext(name)]));
  const parsed = z.safeParse(Settings, context);
  if (parsed.success) {
    assertDialects(parsed.data);
    return parsed.data;
  }
  throw new Error(
    `The CDK context is not usable. Mend cdk.json or -c. ${describeIssues(parsed.error).join('; ')}`,
  );
}

/** @throws InvalidInputError when a base URL has the form of no dialect, or of another than the app's REST surface. */
function assertDialects({ baseUrls, dialects }: Settings): void {
  for (const app of APPS) {
    const [rest, ...others] = APP_DESCRIPTIONS[app].surfaces;
    if (rest === undefined) continue;
    const environment = { [dialectVariable(app)]: dialects[app] };
    const dialect = dialectOf(rest, baseUrls[rest.baseUrlVariable], environment);
    for (const surface of others)
      assertSpeaks(dialect, surface, baseUrls[surface.baseUrlVariable], environment);
  }
}
