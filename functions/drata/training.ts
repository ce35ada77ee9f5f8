import * as z from 'zod/mini';
import type { VendorHttp } from '../vendor/http.ts';
import type { DrataPersonnelReads } from './personnel-reads.ts';

const OptionalText = z.optional(z.nullable(z.string()));

const Trainings = z.object({
  trainings: z.array(z.object({ name: OptionalText, status: OptionalText })),
});
type Trainings = z.infer<typeof Trainings>['trainings'];

const BackgroundChecks = z.object({
  backgroundChecks: z.array(z.object({ status: OptionalText, completedAt: OptionalText })),
});
type BackgroundChecks = z.infer<typeof BackgroundChecks>['backgroundChecks'];

/** How far a new employee has come with what Drata asks of them. */
export type TrainingCheck = {
  /** `refused` is a background check that waiting does not mend; `left` is an inactive record, `gone` is none. */
  status: 'complete' | 'pending' | 'refused' | 'left' | 'gone';
  /** What is not complete, a few words each; no personal data. */
  missing: string[];
};

// Drata documents COMPLETED and PASSED only. A status that is not known is waited for.
const REFUSED = ['FAILED', 'EXPIRED'];

/** The trainings and background checks that Drata asks of a new employee. */
export function drataTraining(http: VendorHttp, reads: DrataPersonnelReads) {
  return {
    /** How far somebody has come with their trainings and background checks, which the API only shows. */
    checkTraining: async (id: string): Promise<TrainingCheck> => {
      const personnel = await reads.readIfExists('checkTraining', id);
      if (personnel === null) return { status: 'gone', missing: [] };
      if (personnel.isActive === false) return { status: 'left', missing: [] };
      // "List Personnel Training Status": https://www.stitchflow.com/user-management/drata/api
      const { trainings } = await http.request({
        operation: 'checkTraining',
        method: 'GET',
        path: `/personnel/${id}/training`,
        answer: Trainings,
      });
      // "List Personnel Background Checks": https://www.stitchflow.com/user-management/drata/api
      const { backgroundChecks } = await http.request({
        operation: 'checkTraining',
        method: 'GET',
        path: `/personnel/${id}/background-checks`,
        answer: BackgroundChecks,
      });
      return assessTraining(personnel.complianceStatus ?? null, trainings, backgroundChecks);
    },
  };
}

/**
 * What a record's trainings and background checks come to. Drata assigns them minutes after a record was created: until
 * then its status is PENDING and more may come, and an empty list says nothing before Drata calls the person compliant.
 */
function assessTraining(
  complianceStatus: string | null,
  trainings: Trainings,
  checks: BackgroundChecks,
): TrainingCheck {
  const isCompliant = complianceStatus === 'COMPLIANT';
  const missing = [
    ...missingTrainings(trainings, isCompliant),
    ...missingChecks(checks, isCompliant),
    ...(complianceStatus === 'PENDING' ? ['compliance status (PENDING)'] : []),
  ];
  if (missing.length === 0) return { status: 'complete', missing };
  const isRefused = openChecks(checks).some(({ status }) => REFUSED.includes(status ?? ''));
  return { status: isRefused ? 'refused' : 'pending', missing };
}

function missingTrainings(trainings: Trainings, isCompliant: boolean): string[] {
  if (trainings.length === 0) return isCompliant ? [] : ['no training is assigned'];
  return trainings
    .filter(({ status }) => status !== 'COMPLETED')
    .map(({ name, status }) => `training ${name ?? 'without a name'} (${status ?? 'no status'})`);
}

function missingChecks(checks: BackgroundChecks, isCompliant: boolean): string[] {
  if (checks.length === 0) return isCompliant ? [] : ['no background check'];
  return openChecks(checks).map(({ status }) => `background check (${status ?? 'no status'})`);
}

/** Those that did not pass and that no later one makes up for: of somebody hired again, Drata lists the old ones too. */
function openChecks(checks: BackgroundChecks): BackgroundChecks {
  const passedAt = checks.flatMap(({ status, completedAt }) =>
    status === 'PASSED' ? Date.parse(completedAt ?? '') : [],
  );
  // One without a date may be the newest, and NaN is later than nothing.
  const isReplaced = (completedAt: string | null | undefined) =>
    passedAt.some((later) => later > Date.parse(completedAt ?? ''));
  return checks.filter(({ status, completedAt }) => status !== 'PASSED' && !isReplaced(completedAt));
}
