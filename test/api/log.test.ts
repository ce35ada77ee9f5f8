import { Hono } from 'hono';
import { beforeEach, expect, it, vi } from 'vitest';
import { logRequest } from '../../functions/api/routes.ts';
import { logger } from '../../functions/shared/logger.ts';

let lines: unknown[];

beforeEach(() => {
  lines = [];
  vi.spyOn(logger, 'info').mockImplementation((...[message, facts]) => {
    lines.push({ message, ...Object(facts) });
  });
});

const app = new Hono();
app.use(logRequest);
app.get('/employees/:employeeId', (context) =>
  context.req.param('employeeId') === 'E-1' ? context.json({}) : context.json({}, 404),
);
app.post('/offboardings', (context) => {
  context.header('location', '/runs/offboarding-E-1-abc');
  return context.json({}, 202);
});
app.delete('/runs/:name', (context) => context.json({}));
app.notFound((context) => context.json({}, 404));

const ask = (method: string, path: string) =>
  app.request(path, { method }, { requestContext: { requestId: 'request-1' } });

it('has the request id, the route, the employee and the run of what was served', async () => {
  await ask('GET', '/employees/E-1');
  await ask('POST', '/offboardings');
  await ask('DELETE', '/runs/offboarding-E-1-abc');
  const line = { message: 'request done', requestId: 'request-1' };
  expect(lines).toMatchObject([
    { ...line, method: 'GET', route: '/employees/:employeeId', employeeId: 'E-1', status: 200 },
    { ...line, method: 'POST', route: '/offboardings', run: 'offboarding-E-1-abc', status: 202 },
    { ...line, method: 'DELETE', route: '/runs/:name', run: 'offboarding-E-1-abc', status: 200 },
  ]);
});

it('has nothing of what a caller writes that names nobody', async () => {
  const address = 'ann.lee@northlight.example';
  await ask('GET', `/employees/${address}`);
  await ask('GET', `/${address}?email=${address}`);
  await ask('PUT', `/runs/${address}/${address}`);
  await ask('ANN', '/employees/E-1');
  expect(JSON.stringify(lines)).not.toMatch(/ann/i);
  expect(lines).toMatchObject([
    { route: '/employees/:employeeId', status: 404 },
    { route: null, status: 404 },
    { route: null, status: 404 },
    { method: 'other', status: 404 },
  ]);
});
