import { parseJson } from '../functions/shared/json.ts';
import type { ClientOptions } from '../functions/vendor/http.ts';

/** Changes one field of a vendor's answer. @param holder the object that has it. */
export type Rewrite = (name: string, value: unknown, holder: Record<string, unknown>) => unknown;

/** Client options that read every answer, as far as it is JSON, with its fields rewritten. */
export function rewriting(options: ClientOptions, rewrite: Rewrite): ClientOptions {
  const fetchRewritten: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    const text = await response.text();
    const json = parseJson(text);
    const body = json === undefined ? text : JSON.stringify(rewritten(json, rewrite));
    const { status, headers } = response;
    return new Response(body === '' ? null : body, { status, headers });
  };
  return {
    ...options,
    rest: { ...options.rest, fetch: fetchRewritten },
    scim: { ...options.scim, fetch: fetchRewritten },
  };
}

/** Gives the named fields another value, whatever the case of their names. */
export function withFields(names: readonly string[], value: unknown): Rewrite {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return (name, old) => (wanted.has(name.toLowerCase()) ? value : old);
}

function rewritten(json: unknown, rewrite: Rewrite): unknown {
  if (Array.isArray(json)) return json.map((item) => rewritten(item, rewrite));
  if (typeof json !== 'object' || json === null) return json;
  const holder: Record<string, unknown> = { ...json };
  const fields = Object.entries(holder).map(([name, value]) => {
    const changed = rewrite(name, value, holder);
    return [name, changed === value ? rewritten(value, rewrite) : changed];
  });
  return Object.fromEntries(fields);
}
