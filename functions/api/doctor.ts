import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { APPS, type App } from '../shared/apps.ts';
import { appsFromEnvironment, CompanysApp } from '../shared/companys-apps.ts';
import { Diagnosis } from '../tables/diagnosis-store.ts';
import type { Sources } from './runs.ts';

/** The apps to examine; all that the company has where none is named. */
export const DoctorRequest = z.object({
  apps: z.optional(z.array(CompanysApp).check(z.minLength(1), z.maxLength(APPS.length))),
});

/** Which apps are examined; GET /doctor has what is found, within a minute. */
export const DoctorStarted = z.object({ execution: z.string(), apps: z.array(z.enum(APPS)) });

/** What was found out last about each app that the company has. */
export const DoctorReport = z.object({
  /** `wrong` when one of them is; `unknown` while none was examined. */
  status: z.enum(['ok', 'wrong', 'unknown']),
  apps: z.array(Diagnosis),
  /** The apps that were never examined. */
  notExamined: z.array(z.enum(APPS)),
});

export type DoctorReport = z.infer<typeof DoctorReport>;

/** @throws the SDK's errors */
export async function readDoctorReport({ diagnoses }: Sources): Promise<DoctorReport> {
  const known = await diagnoses.readAll();
  const companys = appsFromEnvironment();
  const apps = companys.flatMap((app) => known.find((diagnosis) => diagnosis.app === app) ?? []);
  const notExamined = companys.filter((app) => !apps.some((diagnosis) => diagnosis.app === app));
  if (apps.length === 0) return { status: 'unknown', apps, notExamined };
  return { status: apps.some(({ status }) => status === 'wrong') ? 'wrong' : 'ok', apps, notExamined };
}

/** Has apps examined. @throws the SDK's errors */
export async function startDoctor(
  { machines }: Sources,
  { apps = [...appsFromEnvironment()] }: { apps?: App[] | undefined },
): Promise<z.infer<typeof DoctorStarted>> {
  const { DOCTOR_STATE_MACHINE_ARN: stateMachineArn } = z.parse(Environment, process.env);
  const execution = `doctor-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  await machines.client.send(
    new StartExecutionCommand({ stateMachineArn, name: execution, input: JSON.stringify({ apps }) }),
  );
  return { execution, apps };
}

const Environment = z.object({ DOCTOR_STATE_MACHINE_ARN: z.string().check(z.includes(':stateMachine:')) });
