import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../functions/app-descriptions.ts';
import { APPS, type App, forEveryApp } from '../functions/shared/apps.ts';
import { sameEmail } from '../functions/shared/email.ts';
import { HiredEvent, TerminatedEvent } from '../functions/shared/events.ts';
import { secretName } from '../functions/vendor/surface.ts';
import { allSimulated, startVendors, type VendorServers } from '../local/vendors/start-vendors.ts';

export type Company = {
  vendors: VendorServers;
  /** *_BASE_URL variable → where that vendor surface answers. */
  baseUrls: Record<string, string>;
  /** Secret name → the secret's text. */
  secrets: ReadonlyMap<string, string>;
  /** What must be read nowhere else. */
  tokens: readonly string[];
  /** Whether the person's accounts are active, app by app; more than one entry is one account too many. */
  accounts: (email: string) => Record<App, boolean[]>;
  /** The requests of all vendors since the last call of `forget`, and those among them that write. */
  requests: () => string[];
  writes: () => string[];
  forget: () => void;
  close: () => Promise<void>;
};

/** Starts the vendor servers with their seeded company. */
export async function startCompany(): Promise<Company> {
  const vendors = allSimulated(await startVendors());
  // With more of them the run would wait for Pipedrive's limit.
  const { state } = vendors.pipedrive;
  state.deals = state.deals.filter(({ id }) => id < 1012 || id >= 1200);

  const servers = APPS.map((app) => vendors[app]);
  // The stack keeps to the documented limits all the same. But a machine that stalls between a slot and its call passes
  // them now and then, which the retry is for that the emulator cannot show.
  for (const server of servers)
    for (const { surface } of APP_DESCRIPTIONS[server.vendor].surfaces)
      server.allow(surface, { capacity: 10_000, windowMs: 2_000 });
  const surfaces = servers.flatMap(({ vendor, baseUrls, tokens }) =>
    APP_DESCRIPTIONS[vendor].surfaces.map((surface) => ({
      surface,
      baseUrl: baseUrls[surface.surface] ?? '',
      token: tokens[surface.surface],
    })),
  );
  const lines = (entries: { vendor: App; method: string; path: string }[]) =>
    entries.map(({ vendor, method, path }) => `${vendor} ${method} ${path}`);
  return {
    vendors,
    baseUrls: Object.fromEntries(surfaces.map(({ surface, baseUrl }) => [surface.baseUrlVariable, baseUrl])),
    secrets: new Map(surfaces.map(({ surface, token }) => [secretName(surface), JSON.stringify({ token })])),
    tokens: surfaces.map(({ token }) => token),
    accounts: (email) =>
      forEveryApp((app) =>
        vendors[app]
          .accounts()
          .filter((account) => sameEmail(account.email, email))
          .map(({ isOpen }) => isOpen),
      ),
    requests: () =>
      lines(servers.flatMap(({ vendor, journal }) => journal.map((entry) => ({ vendor, ...entry })))),
    writes: () =>
      lines(servers.flatMap(({ vendor, writes }) => writes().map((entry) => ({ vendor, ...entry })))),
    forget: () => {
      for (const { journal } of servers) journal.length = 0;
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** The same answer for every app. */
export function everywhere<T>(value: T): Record<App, T> {
  return forEveryApp(() => value);
}

const SAMPLES = {
  zoeIsHired: '1-zoe-is-hired.json',
  kenjiIsHiredAgain: '2-kenji-is-hired-again.json',
  annLeaves: '3-ann-leaves.json',
  tomasLeavesAtOnce: '4-tomas-leaves-at-once.json',
} as const;

function sample(name: keyof typeof SAMPLES): unknown {
  return JSON.parse(readFileSync(new URL(`../events/${SAMPLES[name]}`, import.meta.url), 'utf8'));
}

export const zoeIsHired = z.parse(HiredEvent, sample('zoeIsHired'));
export const kenjiIsHiredAgain = z.parse(HiredEvent, sample('kenjiIsHiredAgain'));
export const annLeaves = z.parse(TerminatedEvent, sample('annLeaves'));
export const tomasLeavesAtOnce = z.parse(TerminatedEvent, sample('tomasLeavesAtOnce'));

/** The detail of a hire of somebody nobody knows yet, to begin at once. */
export function newHire(employeeId: string, firstName: string): z.infer<typeof HiredEvent>['detail'] {
  return {
    employee: {
      employeeId,
      firstName,
      lastName: 'Newcomer',
      email: `${firstName.toLowerCase()}.newcomer@northlight.example`,
      employmentType: 'FULL_TIME',
      startDate: '2025-03-17',
    },
    apps: APPS.map((app) => ({ app })),
    when: 'now',
  };
}

/** A leaver whom no app knows: a run to its end that writes nothing at any vendor. */
export function strangerLeaves(): z.infer<typeof TerminatedEvent>['detail'] {
  const employeeId = `stranger-${randomUUID().slice(0, 8)}`;
  return {
    employee: { employeeId, email: `${employeeId}@northlight.example` },
    lastWorkingDay: '2025-03-14',
    timeZone: 'Europe/Berlin',
    when: 'now',
    apps: APPS.map((app) => ({ app })),
  };
}
