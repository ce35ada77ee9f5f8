import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { ALL_SURFACES } from '../../functions/app-descriptions.ts';
import type { App } from '../../functions/shared/apps.ts';

// OpenAPI 3.0: https://spec.openapis.org/oas/v3.0.3

const Schema = z.looseObject({});
const Reference = z.object({ $ref: z.string() });
const Parameter = z.object({
  name: z.string(),
  in: z.string(),
  required: z.optional(z.boolean()),
  /** Whether each value of a list is a parameter of its own, as it is unless this says no. */
  explode: z.optional(z.boolean()),
  schema: z.optional(Schema),
});
const Content = z.optional(z.record(z.string(), z.object({ schema: z.optional(Schema) })));
const Operation = z.object({
  parameters: z.optional(z.array(z.union([Reference, Parameter]))),
  requestBody: z.optional(z.object({ required: z.optional(z.boolean()), content: Content })),
  responses: z.record(z.string(), z.object({ content: Content })),
});
const OpenApi = z.looseObject({
  servers: z.array(z.looseObject({ url: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.optional(z.looseObject({})),
});

export type Schema = z.infer<typeof Schema>;
export type Parameter = z.infer<typeof Parameter>;
type Operation = Omit<z.infer<typeof Operation>, 'parameters'> & { parameters: Parameter[] };

/** One call that a document describes. */
export type DescribedCall = {
  method: string;
  /** The path below the host, with `{names}`, cut at its slashes. */
  segments: readonly string[];
  operation: Operation;
};

/** A vendor's own description of its API. */
export type Document = {
  /** The file's name. */
  name: string;
  app: App;
  calls: readonly DescribedCall[];
  /** What references lead to, as JSON Schema. */
  components: Schema;
  /** The field in which the service puts every answer, where the document leaves that out. */
  envelope: string | undefined;
};

const ENVELOPES: Partial<Record<App, string>> = { salesloft: 'data' };

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * The descriptions in a folder: its .json and .yaml files that say which of the apps' hosts they are of.
 *
 * @throws ZodError or SyntaxError for a file that is no OpenAPI document.
 */
export function readDocuments(folder: string): Document[] {
  const files = readdirSync(folder).filter((name) => /\.(json|ya?ml)$/.test(name));
  return files.toSorted().flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const document = z.parse(OpenApi, name.endsWith('.json') ? JSON.parse(text) : parse(text));
    const server = document.servers.find(({ url }) => appAt(url) !== undefined);
    const app = appAt(server?.url ?? '');
    if (server === undefined || app === undefined) return [];
    const components = Schema.parse(asJsonSchema(document.components ?? {}));
    const base = new URL(server.url).pathname.replace(/\/+$/, '');
    return [{ name, app, components, envelope: ENVELOPES[app], calls: callsOf(document, base) }];
  });
}

function callsOf(document: z.infer<typeof OpenApi>, base: string): DescribedCall[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      if (item[method] === undefined) return [];
      const operation = z.parse(Operation, asJsonSchema(item[method]));
      const shared = z.parse(z.array(z.union([Reference, Parameter])), asJsonSchema(item.parameters ?? []));
      const parameters = [...shared, ...(operation.parameters ?? [])].map((one) =>
        '$ref' in one ? z.parse(Parameter, resolve(document, String(one.$ref))) : z.parse(Parameter, one),
      );
      // SalesLoft writes its paths with an ending that the service does not ask for.
      const segments = `${base}${path.replace(/(\.json|\/)$/, '')}`.split('/');
      return [{ method: method.toUpperCase(), segments, operation: { ...operation, parameters } }];
    }),
  );
}

function resolve(document: object, reference: string): unknown {
  const names = reference.replace(/^#\//, '').split('/');
  return asJsonSchema(
    names.reduce<unknown>(
      (at, name) => Object.entries(at ?? {}).find(([key]) => key === name)?.[1],
      document,
    ),
  );
}

/** The app that has a surface at the same domain. */
function appAt(url: string): App | undefined {
  const domain = domainOf(url);
  if (domain === '') return undefined;
  return ALL_SURFACES.find(({ defaultBaseUrl }) => domainOf(defaultBaseUrl) === domain)?.vendor;
}

function domainOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.split('.').slice(-2).join('.') : '';
}

/** OpenAPI 3.0 has `nullable` where JSON Schema has a further type. */
function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...fields } = z.parse(Schema, value);
  const converted = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, asJsonSchema(field)]),
  );
  // Pipedrive says it of the last page's cursor in words only.
  const isNullInWords = /\bwill be `null`/.test(String(fields.description));
  return nullable === true || isNullInWords ? { anyOf: [converted, { type: 'null' }] } : converted;
}
