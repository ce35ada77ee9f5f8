import { APP_TITLES, type App } from '../shared/apps.ts';
import { normalizeEmail } from '../shared/email.ts';
import type { HeldReason } from '../shared/held-reason.ts';
import type { Workflow } from '../shared/workflow.ts';
import type { GateSettings } from './settings.ts';

/** What a release stands for: a reason of this kind, in this app, holds the run no more. */
export function approvalOf({ kind, app }: Pick<HeldReason, 'kind' | 'app'>): string {
  return app === null ? kind : `${kind}#${app}`;
}

/** Whether somebody has released what is held for a reason. */
export function isApproved(approved: readonly string[], reason: Pick<HeldReason, 'kind' | 'app'>): boolean {
  return approved.includes(approvalOf(reason));
}

/** What the gate looks at in a run whose moment has come. */
export type GatedRun = {
  workflow: Workflow;
  employeeId: string;
  /** All addresses that the person has, or has had. */
  addresses: readonly string[];
  apps: readonly { app: App; role: string | null }[];
  /** Whether the event asks for approval. */
  requiresApproval: boolean;
  /** When the run was due, in epoch milliseconds; null where nobody said. */
  dueAt: number | null;
};

const HOUR_MS = 3_600_000;

/** All reasons to hold a run but the number of those that have gone; pure. @param now in epoch milliseconds. */
export function reasonsToHold(run: GatedRun, settings: GateSettings, now: number): HeldReason[] {
  return [...protection(run, settings), ...wantedApprovals(run, settings), ...lateness(run, settings, now)];
}

function protection({ employeeId, addresses }: GatedRun, { protected: list }: GateSettings): HeldReason[] {
  const entry = list.find(
    (one) => one === employeeId || addresses.some((address) => isAddressOf(one, address)),
  );
  if (entry === undefined) return [];
  return [{ kind: 'protected', app: null, detail: `Employee ${employeeId} is protected by the settings.` }];
}

/** Whether an entry of the list, in which `*` stands for any characters, is an address. */
function isAddressOf(entry: string, address: string): boolean {
  if (!entry.includes('@')) return false;
  const parts = normalizeEmail(entry).split('*');
  const pattern = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('.*');
  return new RegExp(`^${pattern}$`, 'u').test(normalizeEmail(address));
}

function wantedApprovals(
  { workflow, apps, requiresApproval }: GatedRun,
  { approval }: GateSettings,
): HeldReason[] {
  const details = [
    ...(requiresApproval ? ['The event asks for approval.'] : []),
    ...(approval.workflows.includes(workflow) ? [`Every ${workflow} needs approval.`] : []),
    ...apps.flatMap(({ app, role }) => [
      ...(approval.apps.includes(app) ? [`Everything in ${APP_TITLES[app]} needs approval.`] : []),
      ...(role !== null && approval.roles.includes(role)
        ? [`The role ${role} in ${APP_TITLES[app]} needs approval.`]
        : []),
    ]),
  ];
  return details.map((detail) => ({ kind: 'approval', app: null, detail }));
}

function lateness({ dueAt }: GatedRun, { lateHours }: GateSettings, now: number): HeldReason[] {
  if (dueAt === null || now - dueAt <= lateHours * HOUR_MS) return [];
  const due = new Date(dueAt).toISOString();
  return [{ kind: 'late', app: null, detail: `It was due at ${due}, more than ${lateHours} hours ago.` }];
}
