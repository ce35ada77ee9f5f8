import * as z from 'zod/mini';
import { type Handler, step } from '../shared/step.ts';
import { type Diagnosis, diagnosisStoreFromEnvironment } from '../tables/diagnosis-store.ts';
import { diagnose } from './diagnose.ts';
import type { Examination } from './examination.ts';

/** The handler of a step that examines an app and keeps what it found. */
export function diagnoseStep(name: string, examination: Examination): Handler<Diagnosis> {
  return step({
    name,
    client: diagnosisStoreFromEnvironment,
    input: z.unknown(),
    run: async (store) => {
      const diagnosis = await diagnose(examination);
      await store.write(diagnosis);
      return diagnosis;
    },
  });
}
