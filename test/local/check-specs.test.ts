import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkExchanges } from '../../local/specs/check-exchanges.ts';
import { type Document, readDocuments } from '../../local/specs/documents.ts';
import type { LiveExchange } from '../../local/vendors/live-traffic.ts';

const folder = mkdtempSync(join(tmpdir(), 'specs-'));
let documents: Document[];

const person = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'number' },
    endedAt: { type: 'string', format: 'date-time', nullable: true },
    kind: { nullable: true, allOf: [{ $ref: '#/components/schemas/Kind' }] },
  },
};

beforeAll(() => {
  const openApi = {
    openapi: '3.0.0',
    servers: [{ url: 'https://public-api.drata.com/public/v2' }],
    paths: {
      '/people/{id}': {
        parameters: [{ $ref: '#/components/parameters/Id' }],
        get: {
          parameters: [{ name: 'size', in: 'query', schema: { type: 'number', maximum: 500 } }],
          responses: {
            200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } } },
          },
        },
        put: {
          requestBody: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } },
          },
          responses: { 200: {} },
        },
      },
    },
    components: {
      parameters: { Id: { name: 'id', in: 'path', required: true, schema: { type: 'number' } } },
      schemas: { Person: person, Kind: { type: 'string', enum: ['A', 'B'] } },
    },
  };
  writeFileSync(join(folder, 'drata.json'), JSON.stringify(openApi));
  writeFileSync(join(folder, 'README.md'), 'no description');
  documents = readDocuments(folder);
});

const GET: LiveExchange = {
  ...{ vendor: 'drata', surface: 'rest', method: 'GET', path: '/public/v2/people/7', search: '?size=50' },
  body: undefined,
  answer: { status: 200, body: { id: 7, endedAt: null, kind: null } },
};
const PUT: LiveExchange = { ...GET, method: 'PUT', search: '', body: { id: 7, kind: 'A' } };
const faultsOf = (...exchanges: LiveExchange[]) => checkExchanges(documents, exchanges).faults;

it('counts what fits, by document', () => {
  const { checked, faults, undescribed } = checkExchanges(documents, [
    GET,
    PUT,
    { ...GET, answer: null },
    { ...GET, vendor: 'salesloft', surface: 'scim', path: '/scim/v2/Users' },
  ]);
  expect(faults).toEqual([]);
  expect(Object.fromEntries(checked)).toEqual({ 'drata.json': { requests: 3, answers: 1 } });
  expect(Object.fromEntries(undescribed)).toEqual({ 'salesloft scim': 1 });
});

describe('says what does not fit:', () => {
  it.each<[string, LiveExchange, string]>([
    ['a path', { ...GET, path: '/public/v2/persons/7' }, 'no document has this call'],
    ['a method', { ...GET, method: 'DELETE' }, 'no document has this call'],
    ['a query parameter', { ...GET, search: '?limit=50' }, 'query parameter limit is not described'],
    ['a value in the query', { ...GET, search: '?size=many' }, 'query parameter size must be number'],
    ['a value too many', { ...GET, search: '?size=1&size=2' }, 'size is there more than once'],
    ['a value in the path', { ...GET, path: '/public/v2/people/me' }, '{id} must be number'],
    ['a type in the body', { ...PUT, body: { id: '7' } }, 'the body /id must be number'],
    ['a field of the body', { ...PUT, body: { id: 7, name: 'Ann' } }, 'field name, which is not described'],
    ['an answer’s type', { ...GET, answer: { status: 200, body: { id: '7' } } }, 'the answer /id must be'],
    [
      'an answer’s format',
      { ...GET, answer: { status: 200, body: { id: 7, endedAt: 'soon' } } },
      'date-time',
    ],
    ['an answer’s word', { ...GET, answer: { status: 200, body: { id: 7, kind: 'C' } } }, 'allowed values'],
    ['an answer’s status', { ...GET, answer: { status: 202, body: {} } }, 'status 202 is not described'],
  ])('%s', (_, exchange, words) => {
    expect(faultsOf(GET, exchange)).toEqual(expect.arrayContaining([expect.stringContaining(words)]));
  });
});
