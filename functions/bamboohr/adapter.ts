import * as z from 'zod/mini';
import type { Adapter, ReadRecord } from '../hr/adapter.ts';
import { assertSameRecord, readableWorker, readOrError } from '../hr/read-record.ts';
import { basicAuthorization, type SourceHttp, sourceHttp } from '../hr/source-http.ts';
import { sourceSecret } from '../hr/source-secret.ts';
import type { Worker } from '../hr/worker.ts';
import { SourceRefusedError } from '../shared/errors.ts';
import { dayAt } from '../shared/moment.ts';
import type { Sleep } from '../shared/sleep.ts';

const Credential = z.object({
  /** `acme` of acme.bamboohr.com. */
  companyDomain: z.string().check(z.regex(/^[a-z0-9-]+$/i)),
  apiKey: z.string().check(z.minLength(1)),
});

/** The variable that replaces `https://<companyDomain>.bamboohr.com`. */
export const BAMBOOHR_BASE_URL = 'BAMBOOHR_BASE_URL';

// https://documentation.bamboohr.com/docs/list-of-field-names
const FIELDS = [
  'employeeNumber',
  'firstName',
  'lastName',
  'workEmail',
  'jobTitle',
  'department',
  'location',
  'employmentHistoryStatus',
  'supervisorEId',
  'hireDate',
  'terminationDate',
  'status',
] as const;
// Not every company has them, so that they are missing says nothing.
const MORE_FIELDS = ['rehireDate'] as const;

const Text = z.nullish(z.union([z.string(), z.number()]));
const Record_ = z.looseObject({
  id: z.union([z.string(), z.number()]),
  ...Object.fromEntries([...FIELDS, ...MORE_FIELDS].map((field) => [field, Text])),
});
type Fields = Readonly<Record<string, unknown>>;

const Page = z.object({
  data: z.array(
    z.looseObject({
      employeeId: z.union([z.string(), z.number()]),
      _restrictedFields: z.optional(z.array(z.string())),
    }),
  ),
  meta: z.optional(z.object({ page: z.optional(z.object({ nextCursor: z.nullish(z.string()) })) })),
});
const Changed = z.object({
  latest: z.optional(z.string()),
  // An empty object is an empty array in PHP.
  employees: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
});

/** BambooHR as a source. */
export function bambooHr(options: { http: SourceHttp; now?: () => number }): Adapter {
  const { http, now = Date.now } = options;

  const readFields = async (id: string, fields: readonly string[], onlyCurrent: boolean) => {
    const query = new URLSearchParams({ fields: fields.join(','), onlyCurrent: String(onlyCurrent) });
    // https://documentation.bamboohr.com/reference/get-employee
    const path = `/api/v1/employees/${encodeURIComponent(id)}?${query}`;
    return http({ operation: 'read an employee', path, answer: Record_ });
  };

  const read = async (id: string): Promise<ReadRecord | null> => {
    const current = await readFields(id, [...FIELDS, ...MORE_FIELDS], true);
    if (current === null) return null;
    assertSameRecord('bamboohr', id, current.id);
    // A last day or a first day that is still to come is shown only so; a title that is to come must not be.
    const future = await readFields(id, ['terminationDate', 'hireDate'], false);
    const fields: Fields = { ...current, ...dropMissing(future ?? {}) };
    return {
      ...readableWorker(id, factsOf(fields, now())),
      hidden: FIELDS.filter((field) => !(field in fields)),
    };
  };

  return {
    read,
    list: async function* () {
      let after: string | null | undefined;
      const seen = new Set<unknown>();
      do {
        const query = new URLSearchParams({ fields: 'workEmail,department', 'page[limit]': '250' });
        if (after != null) query.set('page[after]', after);
        // https://documentation.bamboohr.com/reference/list-employees
        const page = await http({
          operation: 'list employees',
          path: `/api/v1/employees?${query}`,
          answer: Page,
        });
        const refuse = (reason: string) => new SourceRefusedError('bamboohr', 'list employees', reason);
        if (page === null) throw refuse('does not exist');
        if (seen.has(after)) throw refuse('shows a page twice');
        seen.add(after);
        for (const { employeeId, _restrictedFields = [] } of page.data) {
          const record = await readOrError(read, String(employeeId));
          if (record !== null) yield { ...record, hidden: [...record.hidden, ..._restrictedFields] };
        }
        after = page.meta?.page?.nextCursor;
      } while (after != null && after !== '');
    },
    changedSince: async (since) => {
      // https://documentation.bamboohr.com/reference/get-changed-employee-ids
      const path = `/api/v1/employees/changed?${new URLSearchParams({ since })}`;
      const changed = await http({ operation: 'list changes', path, answer: Changed });
      const employees = changed?.employees ?? {};
      return {
        sourceIds: Array.isArray(employees) ? [] : Object.keys(employees),
        latest: changed?.latest ?? since,
      };
    },
  };
}

/** BambooHR with the credentials of this deployment. */
export function bambooHrFromEnvironment(sleep?: Sleep): Adapter {
  const credential = sourceSecret('bamboohr', Credential);
  const http = sourceHttp({
    source: 'bamboohr',
    baseUrl: async () =>
      process.env[BAMBOOHR_BASE_URL] ?? `https://${(await credential()).companyDomain}.bamboohr.com`,
    // The API key is the user, and any password will do.
    authorization: async () => basicAuthorization((await credential()).apiKey, 'x'),
    ...(sleep === undefined ? {} : { sleep }),
  });
  return bambooHr({ http });
}

function dropMissing(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function factsOf(fields: Fields, now: number): Partial<Record<keyof Worker, string | null | undefined>> {
  const startDate = latest(dayIn(fields, 'hireDate'), dayIn(fields, 'rehireDate'));
  return {
    employeeNumber: textIn(fields, 'employeeNumber'),
    firstName: textIn(fields, 'firstName'),
    lastName: textIn(fields, 'lastName'),
    workEmail: textIn(fields, 'workEmail'),
    title: textIn(fields, 'jobTitle'),
    department: textIn(fields, 'department'),
    location: textIn(fields, 'location'),
    employmentType: textIn(fields, 'employmentHistoryStatus'),
    managerId: textIn(fields, 'supervisorEId'),
    startDate,
    lastDay: dayIn(fields, 'terminationDate'),
    status: statusIn(fields, startDate, now),
  };
}

/** Undefined where the field was not told, null where it is empty. */
function textIn(fields: Fields, name: string): string | null | undefined {
  if (!(name in fields) || fields[name] === undefined) return undefined;
  return String(fields[name] ?? '').trim() || null;
}

function dayIn(fields: Fields, name: string): string | null | undefined {
  const text = textIn(fields, name);
  if (text == null) return text;
  return text === '0000-00-00' ? null : text.replace(/T.*/, '');
}

function latest(one: string | null | undefined, other: string | null | undefined): string | null | undefined {
  if (one == null || other == null) return one ?? other ?? (one === undefined ? other : one);
  return one > other ? one : other;
}

/** Another word than the documented ones is told as it is, and cannot be read. */
function statusIn(fields: Fields, startDate: string | null | undefined, now: number): string | undefined {
  const status = textIn(fields, 'status')?.toLowerCase();
  if (status !== 'active') return status;
  return startDate != null && startDate > dayAt(now, 'UTC') ? 'prehire' : 'active';
}
