import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { bucket } from '../../functions/files/bucket.ts';
import type { FileStore } from '../../functions/files/file-store.ts';
import { useSockets } from '../without-sockets.ts';

useSockets();

// As S3 answers HEAD and GET: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
let content: string | null;
let mayList = true;
const server = createServer((request, response) => {
  const refuse = (status: number) => response.writeHead(status).end();
  if (content === null) return refuse(mayList ? 404 : 403);
  const etag = `"${content.length}"`;
  if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== etag) return refuse(412);
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? 'bytes=0-')?.[1]);
  if (from > 0 && from >= content.length) return refuse(416);
  return response.writeHead(from > 0 ? 206 : 200, { etag }).end(content.slice(from));
});
let store: FileStore;
let client: S3Client;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    forcePathStyle: true,
    region: 'local',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  store = bucket('files', client);
});
beforeEach(() => {
  content = 'one\ntwo\n';
  mayList = true;
});
afterAll(() => {
  client.destroy();
  server.close();
});

it('reads a file whole, or the rest of a version of it', async () => {
  const version = await store.version('a.csv');
  expect(await text(await store.read('a.csv'))).toBe('one\ntwo\n');
  expect(await text(await store.read('a.csv', { from: 4, version }))).toBe('two\n');
  expect(await text(await store.read('a.csv', { from: 8, version }))).toBe('');
});

it('does not read on in a file that was replaced', async () => {
  const version = await store.version('a.csv');
  content = 'another\n one\n';
  await expect(store.read('a.csv', { from: 4, version })).rejects.toThrow('a.csv was changed');
});

it.each([true, false])('says that a file is not there when listing is allowed: %s', async (allowed) => {
  content = null;
  mayList = allowed;
  await expect(store.version('a.csv')).rejects.toThrow('The bucket files has no file a.csv');
  await expect(store.read('a.csv')).rejects.toThrow('The bucket files has no file a.csv');
});
