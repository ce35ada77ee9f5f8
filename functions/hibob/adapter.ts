import * as z from 'zod/mini';
import type { Adapter, ReadRecord } from '../hr/adapter.ts';
import { assertSameRecord, readableWorker } from '../hr/read-record.ts';
import { basicAuthorization, type SourceHttp, sourceHttp } from '../hr/source-http.ts';
import { sourceSecret } from '../hr/source-secret.ts';
import type { Sleep } from '../shared/sleep.ts';

const Credential = z.object({
  serviceUserId: z.string().check(z.minLength(1)),
  token: z.string().check(z.minLength(1)),
});

/** The variable that replaces `https://api.hibob.com`, such as the sandbox. */
export const HIBOB_BASE_URL = 'HIBOB_BASE_URL';

// https://apidocs.hibob.com/docs/people-read-api-contract
const FIELDS = {
  'root.firstName': 'firstName',
  'root.surname': 'lastName',
  'root.email': 'workEmail',
  'work.employeeIdInCompany': 'employeeNumber',
  'work.title': 'title',
  'work.department': 'department',
  'work.site': 'location',
  'work.reportsTo': 'managerId',
  'work.startDate': 'startDate',
  'payroll.employment.type': 'employmentType',
  'internal.terminationDate': 'lastDay',
  'internal.terminationReason': 'terminationReason',
  'internal.status': 'status',
  'internal.lifecycleStatus': 'lifecycle',
} as const;
const IDS = ['root.id', ...Object.keys(FIELDS)];
// Asked for where it is there; not every company uses it.
const OPTIONAL: readonly string[] = [
  'work.employeeIdInCompany',
  'payroll.employment.type',
  'internal.terminationReason',
];

const Person = z.looseObject({});
const People = z.object({ employees: z.array(Person) });
type Json = Readonly<Record<string, unknown>>;

/** HiBob as a source. */
export function hibob({ http }: { http: SourceHttp }): Adapter {
  return {
    list: async function* () {
      // No pages: the whole company is one answer. https://apidocs.hibob.com/reference/post_people-search
      const people = await http({
        operation: 'search people',
        path: '/v1/people/search',
        body: { fields: IDS, showInactive: true, humanReadable: 'REPLACE' },
        answer: People,
      });
      for (const person of people?.employees ?? []) {
        const id = idOf(person);
        if (id !== null) yield recordOf(id, person);
      }
    },
    read: async (sourceId) => {
      // https://apidocs.hibob.com/reference/post_people-identifier
      const person = await http({
        operation: 'read a person',
        path: `/v1/people/${encodeURIComponent(sourceId)}`,
        body: { fields: IDS, humanReadable: 'REPLACE' },
        answer: Person,
      });
      if (person === null) return null;
      assertSameRecord('hibob', sourceId, idOf(person) ?? sourceId);
      return recordOf(sourceId, person);
    },
  };
}

/** HiBob with the service user of this deployment. */
export function hibobFromEnvironment(sleep?: Sleep): Adapter {
  const credential = sourceSecret('hibob', Credential);
  const http = sourceHttp({
    source: 'hibob',
    baseUrl: async () => process.env[HIBOB_BASE_URL] ?? 'https://api.hibob.com',
    authorization: async () => {
      const { serviceUserId, token } = await credential();
      return basicAuthorization(serviceUserId, token);
    },
    ...(sleep === undefined ? {} : { sleep }),
  });
  return hibob({ http });
}

function idOf(person: Json): string | null {
  const id = valueAt(person, 'root.id');
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null;
}

function recordOf(sourceId: string, person: Json): ReadRecord {
  const told: Record<string, string | null> = {};
  const hidden: string[] = [];
  for (const [path, name] of Object.entries(FIELDS)) {
    const value = valueAt(person, path);
    if (value !== undefined) told[name] = textOf(value, name);
    else if (!OPTIONAL.includes(path)) hidden.push(path);
  }
  const { lifecycle, status: shown, ...facts } = told;
  const status = statusOf(shown, lifecycle);
  return { ...readableWorker(sourceId, status === undefined ? facts : { ...facts, status }), hidden };
}

/** A field by its path, in whichever of the shapes that the API answers with; undefined where it was left out. */
function valueAt(person: Json, path: string): unknown {
  const flat = person[`/${path.replaceAll('.', '/')}`] ?? person[path];
  if (flat !== undefined) return isJson(flat) && 'value' in flat ? flat.value : flat;
  const parts = path.startsWith('root.') ? [path.slice('root.'.length)] : path.split('.');
  return parts.reduce<unknown>((value, part) => (isJson(value) ? value[part] : undefined), person);
}

function textOf(value: unknown, name: string): string | null {
  // A manager is an object; everything else is a text.
  const plain = isJson(value) ? (value.id ?? value.displayName ?? value.email) : value;
  const text = plain === null || plain === undefined ? '' : String(plain).trim();
  if (text === '') return null;
  return name === 'startDate' || name === 'lastDay' ? isoDayOf(text) : text;
}

/** Made readable for people, a day is written DD/MM/YYYY. */
function isoDayOf(text: string): string {
  const [, day, month, year] = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(text) ?? [];
  return year === undefined ? text.slice(0, 10) : `${year}-${month}-${day}`;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `inactive` is said of people on leave too, and `left` of garden leave; the last day is what counts for these. A word
 * that nobody knows is told as it is, and cannot be read.
 */
function statusOf(
  shown: string | null | undefined,
  lifecycle: string | null | undefined,
): string | undefined {
  const stage = lifecycle?.toLowerCase() ?? '';
  if (/hired/.test(stage)) return 'prehire';
  if (/leave/.test(stage)) return 'leave';
  if (/terminated|left/.test(stage) && shown?.toLowerCase() !== 'active') return 'inactive';
  if (shown?.toLowerCase() === 'active' || /employed/.test(stage)) return 'active';
  return shown?.toLowerCase();
}
