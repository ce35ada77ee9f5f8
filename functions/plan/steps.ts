import { handler as DrataCreatePersonnel } from '../drata/create-personnel.ts';
import { handler as DrataDeactivatePersonnel } from '../drata/deactivate-personnel.ts';
import { handler as DrataFindPersonnel } from '../drata/find-personnel.ts';
import { handler as DrataReassignControls } from '../drata/reassign-controls.ts';
import { handler as DrataUpdatePersonnel } from '../drata/update-personnel.ts';
import { handler as DriftDeactivateAgent } from '../drift/deactivate-agent.ts';
import { handler as DriftFindAgent } from '../drift/find-agent.ts';
import { handler as DriftProvisionAgent } from '../drift/provision-agent.ts';
import { handler as DriftReassignContacts } from '../drift/reassign-contacts.ts';
import { handler as DriftUpdateAgent } from '../drift/update-agent.ts';
import { handler as DriftwoodActivateUser } from '../driftwood/activate-user.ts';
import { handler as DriftwoodDeactivateUser } from '../driftwood/deactivate-user.ts';
import { handler as DriftwoodFindUser } from '../driftwood/find-user.ts';
import { handler as DriftwoodInviteUser } from '../driftwood/invite-user.ts';
import { handler as DriftwoodRequestPasswordReset } from '../driftwood/request-password-reset.ts';
import { handler as DriftwoodUpdateUser } from '../driftwood/update-user.ts';
import { handler as PipedriveAssignRole } from '../pipedrive/assign-role.ts';
import { handler as PipedriveCreateUser } from '../pipedrive/create-user.ts';
import { handler as PipedriveDeactivateUser } from '../pipedrive/deactivate-user.ts';
import { handler as PipedriveFindUser } from '../pipedrive/find-user.ts';
import { handler as PipedriveReactivateUser } from '../pipedrive/reactivate-user.ts';
import { handler as PipedriveReassignActivities } from '../pipedrive/reassign-activities.ts';
import { handler as PipedriveReassignContacts } from '../pipedrive/reassign-contacts.ts';
import { handler as PipedriveReassignDeals } from '../pipedrive/reassign-deals.ts';
import { handler as PipedriveUpdateUser } from '../pipedrive/update-user.ts';
import { handler as SalesloftDeactivateUser } from '../salesloft/deactivate-user.ts';
import { handler as SalesloftFindUser } from '../salesloft/find-user.ts';
import { handler as SalesloftProvisionUser } from '../salesloft/provision-user.ts';
import { handler as SalesloftReactivateUser } from '../salesloft/reactivate-user.ts';
import { handler as SalesloftUpdateUser } from '../salesloft/update-user.ts';
import type { Handler } from '../shared/step.ts';
import { handler as WorkflowBegin } from '../workflow/begin.ts';
import { handler as WorkflowGate } from '../workflow/gate.ts';
import { handler as WorkflowPrepareOffboarding } from '../workflow/prepare-offboarding.ts';
import { handler as WorkflowPrepareOnboarding } from '../workflow/prepare-onboarding.ts';
import { handler as WorkflowPrepareUpdate } from '../workflow/prepare-update.ts';

/** The steps that a plan invokes, by name: those of a run from its first one to the last hand-over. */
export const STEPS: Readonly<Record<string, Handler<unknown>>> = {
  WorkflowPrepareOnboarding,
  WorkflowPrepareOffboarding,
  WorkflowPrepareUpdate,
  WorkflowBegin,
  WorkflowGate,
  PipedriveFindUser,
  PipedriveReactivateUser,
  PipedriveCreateUser,
  PipedriveAssignRole,
  PipedriveUpdateUser,
  PipedriveDeactivateUser,
  PipedriveReassignDeals,
  PipedriveReassignActivities,
  PipedriveReassignContacts,
  DrataFindPersonnel,
  DrataUpdatePersonnel,
  DrataCreatePersonnel,
  DrataDeactivatePersonnel,
  DrataReassignControls,
  SalesloftFindUser,
  SalesloftReactivateUser,
  SalesloftProvisionUser,
  SalesloftUpdateUser,
  SalesloftDeactivateUser,
  DriftFindAgent,
  DriftProvisionAgent,
  DriftUpdateAgent,
  DriftDeactivateAgent,
  DriftReassignContacts,
  DriftwoodFindUser,
  DriftwoodActivateUser,
  DriftwoodInviteUser,
  DriftwoodRequestPasswordReset,
  DriftwoodUpdateUser,
  DriftwoodDeactivateUser,
};
