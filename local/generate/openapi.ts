import * as z from 'zod/mini';
import { DoctorReport, DoctorRequest, DoctorStarted } from '../../functions/api/doctor.ts';
import { Evidence } from '../../functions/api/evidence.ts';
import {
  AcceptedFinding,
  AssignedAccount,
  FindingList,
  ListedFinding,
} from '../../functions/api/findings.ts';
import { FollowUpList, FollowUpNote } from '../../functions/api/follow-ups.ts';
import { Offboarding, Onboarding, PlanRequest } from '../../functions/api/plans.ts';
import { Problem } from '../../functions/api/problem.ts';
import { Settings } from '../../functions/api/read-settings.ts';
import {
  AppName,
  DayOrInstant,
  Employee,
  EmployeeId,
  IdempotencyKey,
  Release,
  ReleasedRuns,
  Run,
  RunCursor,
  RunList,
  RunStatus,
  Takeover,
  Verdict,
} from '../../functions/api/schemas.ts';
import { allAppsInWords } from '../../functions/shared/apps.ts';
import { Plan } from '../../functions/shared/plan.ts';
import { Erased } from '../../functions/tables/erasure-store.ts';
import { FollowUp } from '../../functions/tables/follow-up-store.ts';
import { TakenWebhook } from '../../functions/webhooks/app.ts';

const SCHEMAS = {
  Onboarding,
  Offboarding,
  PlanRequest,
  Plan,
  EmployeeId,
  IdempotencyKey,
  Takeover,
  Verdict,
  Release,
  ReleasedRuns,
  Run,
  Evidence,
  FollowUp,
  FollowUpList,
  FollowUpNote,
  FindingList,
  ListedFinding,
  AcceptedFinding,
  AssignedAccount,
  RunList,
  RunStatus,
  RunCursor,
  DayOrInstant,
  AppName,
  DoctorReport,
  DoctorRequest,
  DoctorStarted,
  Settings,
  Employee,
  Erased,
  TakenWebhook,
  Problem,
};
type SchemaName = keyof typeof SCHEMAS;

type Operation = {
  operationId: string;
  summary: string;
  body?: SchemaName;
  /** The body may be missing. */
  isBodyOptional?: boolean;
  parameters?: object[];
  /** The answers to a request that succeeds, by status. */
  answers: Record<number, { description: string; schema: SchemaName; location?: true }>;
  /** The statuses of all other answers, whose body is a problem. */
  problems: number[];
  /** How the caller is authenticated, where it differs from the rest of the API. */
  security?: object[];
};

const NAME = {
  name: 'name',
  in: 'path',
  required: true,
  description: "The run's name, which is the name of its Step Functions execution.",
  schema: { type: 'string', maxLength: 80 },
};

const employeeId = (place: 'path' | 'query') => ({
  name: 'employeeId',
  in: place,
  required: true,
  schema: { $ref: '#/components/schemas/EmployeeId' },
});

const filter = (name: string, schema: SchemaName, description: string) => ({
  name,
  in: 'query',
  required: false,
  description,
  schema: { $ref: `#/components/schemas/${schema}` },
});

const inlineFilter = (name: string, description: string) => ({
  ...{ name, in: 'query', required: false, description },
  schema: { type: 'string' },
});

const FINDING_ID = {
  ...{ name: 'id', in: 'path', required: true },
  description: 'Its id, as GET /findings has it.',
  schema: { type: 'string' },
};

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Tells a repeat: a request with the same key and content is answered with the run that the first one started, however late. Without a key, a repeat is answered with the run as long as that waits or runs, and starts another one after its end.',
  schema: { $ref: '#/components/schemas/IdempotencyKey' },
};

const started = (operationId: string, summary: string, body: SchemaName): Operation => ({
  operationId,
  summary,
  parameters: [IDEMPOTENCY_KEY],
  body,
  answers: {
    200: {
      description:
        'A repeat of an earlier request; the answer is its run, and one that was stopped stays so. Or no run is started, because a later event was accepted before or the employee has another id by now: the status is superseded.',
      schema: 'Run',
      location: true,
    },
    202: {
      description:
        'The run is started. A run for the same employee that still waits is stopped; one that acts is waited for.',
      schema: 'Run',
      location: true,
    },
  },
  problems: [400, 404, 409, 413, 415, 422, 500, 503],
});

const webhook = (operationId: string, summary: string, security: object[]): Operation => ({
  operationId,
  summary,
  answers: {
    202: {
      description: 'The event is accepted, was accepted before, or is acknowledged and ignored.',
      schema: 'TakenWebhook',
    },
  },
  problems: [400, 401, 413, 422, 500, 503],
  security,
});

/** The operations of the API by path and method. */
const OPERATIONS: Record<string, Record<string, Operation>> = {
  '/onboardings': {
    post: started('startOnboarding', 'Create the accounts of somebody who joins.', 'Onboarding'),
  },
  '/offboardings': {
    post: started('startOffboarding', 'Shut the accounts of somebody who leaves.', 'Offboarding'),
  },
  '/plans': {
    post: {
      operationId: 'makePlan',
      summary:
        'What a run would change if it began now, what would be held and why. It changes nothing; a run that is asked for with the planId within 7 days does exactly this, or nothing.',
      parameters: [IDEMPOTENCY_KEY],
      body: 'PlanRequest',
      answers: { 200: { description: 'The plan.', schema: 'Plan' } },
      problems: [400, 404, 409, 413, 415, 422, 500, 503],
    },
  },
  '/runs': {
    get: {
      operationId: 'listRuns',
      summary:
        'Runs, the newest first, a page at a time and without from those of 400 days; with employeeId all for one employee, the oldest first.',
      parameters: [
        { ...employeeId('query'), required: false },
        filter('status', 'RunStatus', 'How the run stands.'),
        filter(
          'from',
          'DayOrInstant',
          'The first day in UTC, or the first instant, at which it may have started.',
        ),
        filter('to', 'DayOrInstant', 'The last day or instant.'),
        filter('app', 'AppName', 'An app that it is about.'),
        filter('cursor', 'RunCursor', 'Asks for the next page, with the same filters.'),
      ],
      answers: { 200: { description: 'The runs; none for an unknown employee.', schema: 'RunList' } },
      problems: [422, 500, 503],
    },
  },
  '/runs/release': {
    post: {
      operationId: 'releaseRuns',
      summary: 'Release several held runs; one that cannot be released stops no other.',
      body: 'Release',
      answers: { 200: { description: 'What became of each.', schema: 'ReleasedRuns' } },
      problems: [400, 413, 415, 422, 500, 503],
    },
  },
  '/runs/{name}/evidence': {
    get: {
      operationId: 'readEvidence',
      summary: 'The whole record of a run; the hash of each entry is also of the one before.',
      parameters: [NAME],
      answers: { 200: { description: 'The record, as far as the run has come.', schema: 'Evidence' } },
      problems: [404, 500, 503],
    },
  },
  '/runs/{name}/release': {
    post: {
      operationId: 'releaseRun',
      summary: 'Let a held run go on, if it is still current.',
      parameters: [NAME],
      body: 'Verdict',
      answers: { 200: { description: 'The run, which goes on.', schema: 'Run' } },
      problems: [400, 404, 409, 413, 415, 422, 500, 503],
    },
  },
  '/runs/{name}/reject': {
    post: {
      operationId: 'rejectRun',
      summary: 'End a held run; no repeat of its event starts it again.',
      parameters: [NAME],
      body: 'Verdict',
      answers: { 200: { description: 'The run, which ends.', schema: 'Run' } },
      problems: [400, 404, 409, 413, 415, 422, 500, 503],
    },
  },
  '/runs/{name}': {
    get: {
      operationId: 'readRun',
      summary: 'How far a run has come, what to mend before its moment, and its report once it is over.',
      parameters: [NAME],
      answers: { 200: { description: 'The run.', schema: 'Run' } },
      problems: [404, 500, 503],
    },
    delete: {
      operationId: 'stopRun',
      summary: 'Stop a run that still waits for its moment; no repeat of its event starts it again.',
      parameters: [NAME],
      answers: { 200: { description: 'The run, which is stopped and has changed nothing.', schema: 'Run' } },
      problems: [404, 409, 500, 503],
    },
  },
  '/follow-ups': {
    get: {
      operationId: 'listFollowUps',
      summary: 'What the runs of the last 400 days have left to people, the newest first, a page at a time.',
      parameters: [
        inlineFilter('status', 'Only those that are open, or done.'),
        inlineFilter('app', 'Only those of this app.'),
        inlineFilter('cursor', 'Asks for the next page, with the same filters.'),
      ],
      answers: { 200: { description: 'The follow-ups.', schema: 'FollowUpList' } },
      problems: [422, 500, 503],
    },
  },
  '/follow-ups/{id}/done': {
    post: {
      operationId: 'finishFollowUp',
      summary: 'Record that a person has done it. The body, with a note, may be missing.',
      parameters: [
        { name: 'id', in: 'path', required: true, description: 'Its id.', schema: { type: 'string' } },
      ],
      body: 'FollowUpNote',
      isBodyOptional: true,
      answers: { 200: { description: 'The follow-up, which is done.', schema: 'FollowUp' } },
      problems: [400, 404, 409, 413, 415, 422, 500, 503],
    },
  },
  '/doctor': {
    get: {
      operationId: 'readDoctorReport',
      summary: 'What was found out last about each app: its API, its credentials and the settings.',
      answers: { 200: { description: 'The last diagnosis of each app.', schema: 'DoctorReport' } },
      problems: [500, 503],
    },
    post: {
      operationId: 'startDoctor',
      summary: 'Have apps examined; nothing is changed in them. The body, with which apps, may be missing.',
      body: 'DoctorRequest',
      isBodyOptional: true,
      answers: { 202: { description: 'The apps that are examined.', schema: 'DoctorStarted' } },
      problems: [400, 413, 415, 422, 500, 503],
    },
  },
  '/settings': {
    get: {
      operationId: 'readSettings',
      summary:
        'How tenure is set up: apps, dialects, limits and how much of each is in use now, the gate, the policy. It names nobody but by ids.',
      answers: { 200: { description: 'The settings.', schema: 'Settings' } },
      problems: [500, 503],
    },
  },
  '/findings': {
    get: {
      operationId: 'listFindings',
      summary:
        'What the last reconciliation of each app has found and nobody has accepted, by app and kind, a page at a time.',
      parameters: [
        inlineFilter('status', 'Open ones without it; accepted, or all.'),
        inlineFilter('kind', 'Only those of this kind.'),
        filter('app', 'AppName', 'Only those in this app.'),
        { ...employeeId('query'), required: false },
        inlineFilter('cursor', 'Asks for the next page, with the same filters.'),
      ],
      answers: { 200: { description: 'The findings.', schema: 'FindingList' } },
      problems: [422, 500, 503],
    },
  },
  '/findings/{id}/accept': {
    post: {
      operationId: 'acceptFinding',
      summary:
        'Live with a finding until some day; it is not listed, and not fixed, before that day or before it changes.',
      parameters: [FINDING_ID],
      body: 'AcceptedFinding',
      answers: { 200: { description: 'The finding, which is accepted.', schema: 'ListedFinding' } },
      problems: [400, 404, 409, 413, 415, 422, 500, 503],
    },
  },
  '/findings/{id}/withdraw': {
    post: {
      operationId: 'withdrawAcceptance',
      summary: 'Take an acceptance back, so that the finding is listed again.',
      parameters: [FINDING_ID],
      answers: { 200: { description: 'The finding, which is open.', schema: 'ListedFinding' } },
      problems: [404, 409, 500, 503],
    },
  },
  '/findings/{id}/assign': {
    post: {
      operationId: 'assignAccount',
      summary:
        "Say whose an account is that was found to be nobody's. Nothing is changed in the app; what is recorded as another employee's is refused.",
      parameters: [FINDING_ID],
      body: 'AssignedAccount',
      answers: { 200: { description: 'The employee, with the account.', schema: 'Employee' } },
      problems: [400, 404, 409, 413, 415, 422, 500, 503],
    },
  },
  '/employees/{employeeId}': {
    get: {
      operationId: 'readEmployee',
      summary: 'Who an employee is, which account is theirs in each app, and where that differs from HR.',
      parameters: [employeeId('path')],
      answers: { 200: { description: 'The employee.', schema: 'Employee' } },
      problems: [404, 422, 500, 503],
    },
    delete: {
      operationId: 'eraseEmployee',
      summary:
        'Forget somebody who left long ago. A stub with ids and dates stays; a repeat is answered the same.',
      parameters: [employeeId('path')],
      answers: {
        200: { description: 'What is left.', schema: 'Erased' },
        202: {
          description: 'More is to be gone through: send it again until the answer is 200.',
          schema: 'Erased',
        },
      },
      problems: [404, 409, 422, 500, 503],
    },
  },
  '/employees/{employeeId}/takeover': {
    post: {
      operationId: 'takeOverEmployee',
      summary: 'Give the profile and the accounts of a previous id to an employee; both ids are one person.',
      parameters: [employeeId('path')],
      body: 'Takeover',
      answers: {
        200: {
          description:
            'The employee with all that was known by the previous id. A repeat is answered the same.',
          schema: 'Employee',
        },
      },
      problems: [400, 404, 409, 413, 415, 422, 500, 503],
    },
  },
  '/webhooks/drift': {
    post: webhook('receiveDriftWebhook', 'Receive an event from Drift.', [
      { driftToken: [] },
      { driftSignature: [] },
    ]),
  },
  '/webhooks/pipedrive': {
    post: webhook('receivePipedriveWebhook', 'Receive an event from Pipedrive.', [{ pipedriveBasic: [] }]),
  },
};

const BODIES: ReadonlySet<string> = new Set(
  Object.values(OPERATIONS).flatMap((operations) =>
    Object.values(operations).flatMap(({ body }) => body ?? []),
  ),
);

const PROBLEMS: Record<number, string> = {
  400: 'The body is not JSON.',
  401: 'The request does not prove that it comes from the vendor.',
  404: 'Nothing and nobody has this name.',
  409: 'The current state does not allow it; `detail` says why.',
  413: 'The body is larger than 64 KiB, or 256 KiB for a webhook.',
  415: 'The body is not sent as application/json.',
  422: 'Some fields are wrong; `errors` has an entry for each.',
  500: 'An error inside tenure. The answer gives no details of it.',
  503: 'AWS is busy or cannot be reached; send the same request again after the time in Retry-After.',
};

/** The OpenAPI 3.1 document as it stands in docs/openapi.json. https://spec.openapis.org/oas/v3.1.0 */
export function openApiText(): string {
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'tenure',
      version: '1',
      description: `Joiners, movers and leavers in ${allAppsInWords()}.`,
    },
    security: [{ iam: [] }, { jwt: [] }],
    paths: Object.fromEntries(
      Object.entries(OPERATIONS).map(([path, operations]) => [
        path,
        Object.fromEntries(
          Object.entries(operations).map(([method, operation]) => [method, describe(method, operation)]),
        ),
      ]),
    ),
    components: {
      securitySchemes: {
        iam: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4, for whoever may invoke the API.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
        jwt: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Instead of IAM, where the deployment names an issuer and an audience.',
        },
        driftToken: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Verification-Token',
          description: 'The verification token of the app at Drift.',
        },
        driftSignature: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Drift-Signature',
          description:
            'Where the secret holds a signing key: sha256= and the HMAC-SHA256 in hex of X-Drift-Timestamp (epoch seconds, at most 300 s old), a dot and the raw body.',
        },
        pipedriveBasic: { type: 'http', scheme: 'basic' },
      },
      schemas: schemas(),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function describe(
  method: string,
  { operationId, summary, parameters, body, isBodyOptional = false, answers, problems, security }: Operation,
): object {
  return {
    operationId,
    summary,
    ...(security === undefined ? {} : { security }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: !isBodyOptional, content: json(body) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, schema, location }]) => [
          status,
          { description, ...(location ? { headers: LOCATION } : {}), content: json(schema) },
        ]),
      ),
      ...(method === 'get'
        ? { 304: { description: 'The answer is still that of the ETag in If-None-Match.' } }
        : {}),
      ...Object.fromEntries(problems.map((status) => [status, problem(status)])),
    },
  };
}

const LOCATION = { Location: { description: 'The path of the run.', schema: { type: 'string' } } };
const RETRY_AFTER = { 'Retry-After': { description: 'In seconds.', schema: { type: 'integer' } } };

function problem(status: number): object {
  return {
    description: PROBLEMS[status],
    ...(status === 503 ? { headers: RETRY_AFTER } : {}),
    content: json('Problem', 'application/problem+json'),
  };
}

function json(schema: SchemaName, contentType = 'application/json'): object {
  return { [contentType]: { schema: { $ref: `#/components/schemas/${schema}` } } };
}

/** The schemas as a sender sees them, with optional fields; answers may get more fields later. */
function schemas(): object {
  return Object.fromEntries(
    Object.entries(SCHEMAS).map(([name, schema]) => {
      const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema, {
        io: 'input',
        // The API refuses fields of a body that it does not know.
        override: ({ jsonSchema: part }) => {
          if (BODIES.has(name) && part.type === 'object') part.additionalProperties = false;
        },
      });
      return [name, jsonSchema];
    }),
  );
}
