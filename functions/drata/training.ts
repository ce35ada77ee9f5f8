import type { DrataCalls, Tasks } from './dialect/calls.ts';

type Trainings = Tasks['trainings'];
type BackgroundChecks = Tasks['backgroundChecks'];

/** How far a new employee has come with what Drata asks of them. */
export type TrainingCheck = {
  /** `refused`: the background check failed for good. `left`: the record is inactive. `gone`: there is no record. */
  status: 'complete' | 'pending' | 'refused' | 'left' | 'gone';
  /** What is not complete, in a few words each, without personal data. */
  missing: string[];
};

// Drata documents only COMPLETED and PASSED. An unknown status counts as pending.
const REFUSED = ['FAILED', 'EXPIRED', 'CANCELED'];

/** The trainings and background checks that Drata asks of a new employee. */
export function drataTraining(calls: DrataCalls) {
  return {
    /** How far a new employee has come with trainings and background checks. The API cannot change them. */
    checkTraining: async (id: string): Promise<TrainingCheck> => {
      const personnel = await calls.readIfExists('checkTraining', id);
      if (personnel === null) return { status: 'gone', missing: [] };
      if (personnel.isActive === false) return { status: 'left', missing: [] };
      const { trainings, backgroundChecks } = await calls.readTasks('checkTraining', personnel);
      return assessTraining(personnel.complianceStatus, trainings, backgroundChecks);
    },
  };
}

/**
 * The result of a record's trainings and background checks. Drata assigns them minutes after it created the record.
 * Until then the status is PENDING, and an empty list means nothing unless Drata calls the person compliant.
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

/** The checks that did not pass, unless a later one did: after a second hire, Drata also lists the old checks. */
function openChecks(checks: BackgroundChecks): BackgroundChecks {
  const passedAt = checks.flatMap(({ status, completedAt }) =>
    status === 'PASSED' ? Date.parse(completedAt ?? '') : [],
  );
  // A check without a date may be the newest, and no date is later than NaN.
  const isReplaced = (completedAt: string | null) =>
    passedAt.some((later) => later > Date.parse(completedAt ?? ''));
  return checks.filter(({ status, completedAt }) => status !== 'PASSED' && !isReplaced(completedAt));
}
