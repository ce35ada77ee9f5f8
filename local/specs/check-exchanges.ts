import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { LiveExchange } from '../vendors/live-traffic.ts';
import type { DescribedCall, Document, Parameter, Schema } from './documents.ts';

/** How much of the traffic a document has described. */
export type Tally = { requests: number; answers: number };

export type Verdict = {
  /** By document. */
  checked: Map<string, Tally>;
  /** By app and surface, the requests for which there is no document at all. */
  undescribed: Map<string, number>;
  /** What does not fit, once each. */
  faults: string[];
};

/**
 * Calls that the vendors document, and that the descriptions at hand leave out:
 * https://developers.pipedrive.com/docs/api/v1/Users#getCurrentUser, https://devdocs.drift.com/docs/deprovisioning
 */
const LEFT_OUT = ['pipedrive GET /v1/users/me', 'drift PATCH /scim/Users/…'];

/**
 * And query parameters, by description: the filter and the pages of a standard list
 * (https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2), and those that a `Link` header of Drift's leads to.
 */
const LEFT_OUT_PARAMETERS = new Map([
  ['drift-scim-api.yaml', ['filter', 'startIndex', 'count']],
  ['drift-contacts.yaml', ['limit', 'start']],
]);

/** Holds requests and answers against the documents. */
export function checkExchanges(documents: readonly Document[], exchanges: Iterable<LiveExchange>): Verdict {
  const validate = validator(documents);
  const verdict = { checked: new Map<string, Tally>(), undescribed: new Map<string, number>() };
  const faults = new Set<string>();
  for (const exchange of exchanges) {
    const ofSurface = documents.filter((document) => describesSurface(document, exchange));
    const asked = `${exchange.vendor} ${exchange.method} ${patternOf(exchange.path)}`;
    if (ofSurface.length === 0 || LEFT_OUT.includes(asked)) {
      const key = LEFT_OUT.includes(asked) ? asked : `${exchange.vendor} ${exchange.surface}`;
      verdict.undescribed.set(key, (verdict.undescribed.get(key) ?? 0) + 1);
      continue;
    }
    const found = findCall(ofSurface, exchange);
    if (found === undefined) {
      faults.add(`${exchange.method} ${patternOf(exchange.path)}: no document has this call`);
      continue;
    }
    const { document, call } = found;
    const tally = verdict.checked.get(document.name) ?? { requests: 0, answers: 0 };
    verdict.checked.set(document.name, tally);
    tally.requests += 1;
    const where = `${document.name}: ${call.method} ${call.segments.join('/')}`;
    for (const fault of requestFaults(validate, document, call, exchange)) faults.add(`${where}: ${fault}`);
    const answer = answerFaults(validate, document, call, exchange);
    if (answer === null) continue;
    tally.answers += 1;
    for (const fault of answer) faults.add(`${where}: ${fault}`);
  }
  return { ...verdict, faults: [...faults] };
}

type Validate = (document: Document, schema: Schema, value: unknown, coerces?: boolean) => string[];

function validator(documents: readonly Document[]): Validate {
  // Query strings hold texts, which the documents call numbers and booleans.
  const strict = new Ajv({ strict: false, logger: false });
  const coercing = new Ajv({ strict: false, logger: false, coerceTypes: true });
  for (const ajv of [strict, coercing]) {
    formats.default(ajv);
    for (const { name, components } of documents) ajv.addSchema({ $id: `file:///${name}`, components });
  }
  const compiled = new Map<Schema, ValidateFunction>();
  return (document, schema, value, coerces = false) => {
    const ajv = coerces ? coercing : strict;
    const check = compiled.get(schema) ?? ajv.compile(withReferences(schema, document));
    compiled.set(schema, check);
    if (check(structuredClone(value))) return [];
    return (check.errors ?? []).map(({ instancePath, message }) =>
      `${instancePath.replaceAll(/\d+/g, '…')} ${message}`.trim(),
    );
  };
}

/** The schema, with references that lead into its document. */
function withReferences(schema: Schema, { name }: Document): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', `"$ref":"file:///${name}#/`));
}

function describesSurface({ app, calls }: Document, { vendor, surface }: LiveExchange): boolean {
  const isScim = calls.some(({ segments }) => segments.includes('scim'));
  return app === vendor && isScim === (surface === 'scim');
}

function findCall(
  documents: readonly Document[],
  { method, path, search }: LiveExchange,
): { document: Document; call: DescribedCall } | undefined {
  const segments = path.replace(/\/$/, '').split('/');
  const fits = (call: DescribedCall) =>
    call.method === method &&
    call.segments.length === segments.length &&
    call.segments.every((segment, index) => isName(segment) || segment === segments[index]);
  const found = documents.flatMap((document) =>
    document.calls.filter(fits).map((call) => ({ document, call })),
  );
  const names = ({ call }: { call: DescribedCall }) => call.segments.filter(isName).length;
  // A description may have one path twice, with other parameters.
  const asked = [...new URLSearchParams(search).keys()];
  const unknown = ({ call }: { call: DescribedCall }) =>
    asked.filter((name) => !call.operation.parameters.some((one) => one.name === name)).length;
  return found.toSorted((one, other) => names(one) - names(other) || unknown(one) - unknown(other))[0];
}

function isName(segment: string): boolean {
  return /^\{.*\}$/.test(segment);
}

/** A path without what tells one record from another. */
function patternOf(path: string): string {
  return path.replaceAll(/\/[^/]*(\d|%40|@)[^/]*(?=\/|$)/g, (segment) =>
    /^\/v\d$/.test(segment) ? segment : '/…',
  );
}

function requestFaults(
  validate: Validate,
  document: Document,
  { operation, segments }: DescribedCall,
  { path, search, body }: LiveExchange,
): string[] {
  const { parameters, requestBody } = operation;
  const sent = new URLSearchParams(search);
  const declared = new Map(parameters.filter((one) => one.in === 'query').map((one) => [one.name, one]));
  const leftOut = LEFT_OUT_PARAMETERS.get(document.name) ?? [];
  const unknown = [...new Set(sent.keys())].filter((name) => !declared.has(name) && !leftOut.includes(name));
  const values = path.split('/');
  const inPath = (name: string) => decodeURIComponent(values[segments.indexOf(`{${name}}`)] ?? '');
  const schema = schemaOf(requestBody?.content);
  return [
    ...unknown.map((name) => `the query parameter ${name} is not described`),
    ...[...declared.values()].flatMap((parameter) => queryFaults(validate, document, parameter, sent)),
    ...parameters
      .filter((one) => one.in === 'path' && one.schema?.type !== undefined)
      .flatMap(({ name, schema = {} }) =>
        validate(document, schema, inPath(name), true).map((fault) => `{${name}} ${fault}`),
      ),
    ...(body === undefined && requestBody?.required ? ['the body is missing'] : []),
    ...(body !== undefined && requestBody === undefined ? ['a body is not described'] : []),
    ...(body === undefined || schema === undefined
      ? []
      : [...validate(document, schema, body), ...unknownFields(document, schema, body)].map(
          (fault) => `the body ${fault}`,
        )),
  ];
}

function queryFaults(
  validate: Validate,
  document: Document,
  { name, required = false, explode = true, schema = {} }: Parameter,
  sent: URLSearchParams,
): string[] {
  const values = sent.getAll(name);
  if (values.length === 0) return required ? [`the query parameter ${name} is missing`] : [];
  const isList = schema.type === 'array';
  if (values.length > 1 && !(isList && explode))
    return [`the query parameter ${name} is there more than once`];
  const value = !isList ? values[0] : explode ? values : values[0]?.split(',');
  return validate(document, schema, value, true).map((fault) => `the query parameter ${name} ${fault}`);
}

/** Fields of a body that its schema does not have: a vendor that ignores them would do nothing and say so to nobody. */
function unknownFields(document: Document, schema: Schema, body: unknown): string[] {
  const known = fieldsOf(document, schema);
  if (known === null || typeof body !== 'object' || body === null) return [];
  return Object.keys(body)
    .filter((name) => !known.has(name))
    .map((name) => `has the field ${name}, which is not described`);
}

/** Null where anything may stand. */
function fieldsOf(document: Document, schema: Schema): Set<string> | null {
  const { $ref: reference, properties, allOf, anyOf, oneOf } = schema;
  if (typeof reference === 'string') return fieldsOf(document, referenced(document, reference));
  const parts = [allOf, anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const names = new Set(Object.keys(properties ?? {}));
  for (const part of parts) for (const name of fieldsOf(document, part) ?? []) names.add(name);
  return names.size === 0 ? null : names;
}

function referenced({ components }: Document, reference: string): Schema {
  const names = reference.replace(/^#\/components\//, '').split('/');
  return names.reduce<Schema>((at, name) => Object(at[name]), components);
}

/** Null where there is nothing to hold the answer against. */
function answerFaults(
  validate: Validate,
  document: Document,
  { operation }: DescribedCall,
  { answer }: LiveExchange,
): string[] | null {
  if (answer === null) return null;
  const { status, body } = answer;
  const { responses } = operation;
  const described = responses[String(status)] ?? responses[`${String(status)[0]}XX`] ?? responses.default;
  if (described === undefined) return status < 300 ? [`the status ${status} is not described`] : null;
  const schema = schemaOf(described.content);
  if (schema === undefined) return null;
  const told = document.envelope === undefined ? body : Object(body)[document.envelope];
  return validate(document, schema, told).map((fault) => `the answer ${fault}`);
}

function schemaOf(content: DescribedCall['operation']['responses'][string]['content']): Schema | undefined {
  // The media type is not looked at: some describe forms where the service takes JSON too.
  return Object.values(content ?? {})[0]?.schema;
}
