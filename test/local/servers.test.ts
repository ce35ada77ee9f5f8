import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { foreignCaller, isSignedWith } from '../../local/aws/caller.ts';

const HERE = '127.0.0.1:8787';

describe('a caller of a local server', () => {
  it.each([
    { host: HERE, origin: undefined },
    { host: 'localhost:8787', origin: undefined },
    { host: HERE, origin: `http://${HERE}` },
    { host: 'LOCALHOST:8787', origin: 'http://localhost:8787' },
  ])('may be $host from $origin', (caller) => expect(foreignCaller(caller)).toBeNull());

  it.each([
    { host: undefined, origin: undefined },
    { host: 'evil.example', origin: undefined },
    { host: '127.0.0.1.evil.example', origin: undefined },
    { host: 'localhost@evil.example', origin: undefined },
    { host: 'evil.example:8787', origin: 'http://evil.example:8787' },
  ])('may not use the name $host', (caller) => expect(foreignCaller(caller)).toMatchObject({ status: 421 }));

  it.each([
    'https://evil.example',
    'null',
    '',
    `https://${HERE}`,
    'http://127.0.0.1:1',
    'http://localhost:8787',
  ])('may not be a page of %j', (origin) =>
    expect(foreignCaller({ host: HERE, origin })).toMatchObject({ status: 403 }),
  );

  it('has to know the whole access key', () => {
    const signed = (key: string) => `AWS4-HMAC-SHA256 Credential=${key}/20260105/local/dynamodb/aws4_request`;
    expect(isSignedWith('the-key', signed('the-key'))).toBe(true);
    for (const header of [undefined, '', signed(''), signed('the-ke'), signed('x/the-key'), 'Bearer the-key'])
      expect(isSignedWith('the-key', header)).toBe(false);
  });
});

it('no server is started past the door', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const starters = globSync('{local,functions}/**/*.ts', { cwd: root }).filter((file) =>
    /^import (?!type).* from '(@hono\/node-server|dynalite|node:(http|https|http2|net))';/m.test(
      readFileSync(`${root}${file}`, 'utf8'),
    ),
  );
  expect(starters.sort()).toEqual(['local/aws/loopback-server.ts', 'local/aws/tables.ts']);
});
