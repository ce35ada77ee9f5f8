import assert from 'node:assert/strict';
import * as z from 'zod/mini';
import { Problem } from '../functions/api/problem.ts';
import { Run, RunList } from '../functions/api/schemas.ts';
import { everywhere, newHire } from './company.ts';
import type { Scene } from './scene.ts';
import { until } from './until.ts';

/** Runs that wait for a person by a task token, and go on, or end, by what the API is told. */
export async function checkHeldRuns({ api, company, deployed, checks, signal }: Scene): Promise<void> {
  console.log('\nHeld runs');
  const reason = 'The hiring manager agrees.';
  const startHeld = async (employeeId: string, firstName: string) => {
    const body = { ...newHire(employeeId, firstName), requiresApproval: true };
    const { name } = z.parse(Run, (await api.send({ method: 'POST', path: '/onboardings', body })).body);
    const path = `/runs/${name}`;
    const held = await until(
      async () => {
        const run = z.parse(Run, (await api.send({ method: 'GET', path })).body);
        return run.status === 'held' ? run : undefined;
      },
      { what: `${name} to be held`, timeoutMs: 15_000, signal },
    );
    assert.deepEqual(
      held.held?.reasons.map(({ kind }) => kind),
      ['approval'],
    );
    return { name, path, email: body.employee.email };
  };

  await checks.check('POST /runs/{name}/release lets a held hire go on, once', async () => {
    company.forget();
    const { name, path, email } = await startHeld('E-3006', 'Edda');
    const release = { method: 'POST', path: `${path}/release` } as const;
    const query = { status: 'held' };
    const { runs } = z.parse(RunList, (await api.send({ method: 'GET', path: '/runs', query })).body);
    assert.deepEqual(
      runs.map((run) => run.name),
      [name],
    );
    assert.equal((await api.send({ ...release, body: {} })).status, 422);
    assert.deepEqual(company.requests(), []);

    const answer = await api.send({ ...release, body: { reason } });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const run = await deployed.runByName('onboarding', name);
    assert.equal(run.status, 'SUCCEEDED', run.cause);
    assert.deepEqual(company.accounts(email), everywhere([true]));
    const ended = z.parse(Run, (await api.send({ method: 'GET', path })).body);
    assert.equal(ended.status, 'complete');
    assert.deepEqual(
      ended.held?.decisions.map((decision) => decision.reason),
      [reason],
    );
    const again = await api.send({ ...release, body: { reason } });
    assert.equal(again.status, 409);
    z.parse(Problem, again.body);
  });

  await checks.check('POST /runs/{name}/reject ends one, and no app is called', async () => {
    company.forget();
    const { name, path, email } = await startHeld('E-3007', 'Finn');
    const answer = await api.send({ method: 'POST', path: `${path}/reject`, body: { reason } });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    await deployed.runByName('onboarding', name);
    assert.equal(z.parse(Run, (await api.send({ method: 'GET', path })).body).status, 'rejected');
    assert.deepEqual(company.requests(), []);
    assert.deepEqual(company.accounts(email), everywhere([]));
  });
}
