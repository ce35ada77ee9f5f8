import type { CredentialSource } from '../functions/credentials/secrets.ts';
import type { Limiter } from '../functions/rate-limit/limiter.ts';
import type { App } from '../functions/shared/apps.ts';
import type { HeldReason } from '../functions/shared/held-reason.ts';
import type { StepResult } from '../functions/shared/outcome.ts';
import type { Finding } from '../functions/tables/finding-store.ts';
import type { ListAccounts } from '../functions/vendor/account-list.ts';
import type { AccountSearch, FoundAccount } from '../functions/vendor/find-account.ts';
import type { ClientOptions } from '../functions/vendor/http.ts';
import type { NewOwner } from '../functions/vendor/new-owner.ts';
import type { Person } from '../local/vendors/company.ts';
import type { VendorServer } from '../local/vendors/vendor-server.ts';
import type { Rewrite } from './rewritten-answers.ts';
import type { SimulatedPeople } from './simulated-people.ts';

/** One vendor as the tests of all apps see it: the same questions, asked in the vendor's own terms. */
export type ContractSubject = {
  vendor: App;
  /** Where a vendor is asked in more than one way: which. */
  mode?: string;
  /** The form of the vendor's API; the guide's unless given. */
  dialect?: 'live';
  /** The app's client, as far as it lists accounts. */
  listAccounts: (options: ClientOptions) => ListAccounts;
  /** And as far as it looks for a person's accounts. */
  search: (
    options: ClientOptions,
  ) => (search: AccountSearch) => Promise<readonly FoundAccount<{ vendorUserId: string }>[]>;
  people: SimulatedPeople;
  answers: AnswerFields;
  /** What a mover's new name and address come to. */
  update: {
    /** The requests that write them, and which texts they write; null where no call does. */
    writes: { method: 'PUT' | 'PATCH'; texts: readonly ('name' | 'title')[] } | null;
    changes: readonly string[];
    followUps: readonly string[];
  };
  /** What the app says of the company with which its simulator is seeded. */
  company: {
    /** Why Olof's leaving is held, who is the user behind the token and the last admin; nothing where it shows neither. */
    holdsOlof: readonly HeldReason['kind'][];
    /** What a reconciliation finds of what the simulator plants, and of whom. */
    discrepancies: readonly (readonly [kind: Finding['kind'], person: Person | null])[];
  };
  start: () => Promise<StartedSubject>;
};

/** What the fields of a vendor's answers are needed for. */
export type AnswerFields = {
  /** The fields that an account shows, and neither a search by address nor the end of an account needs. */
  unneeded: readonly string[];
  /** Whether the end of an account needs its address. */
  needsAddressToShut: boolean;
  /** The fields that tell whether an account can be used; none where whoever is shut is gone. */
  active: readonly string[];
  /** Whether the pages say how many entries there are. */
  haveTotal: boolean;
  /** Makes pages say that there is more, and lead nowhere or back; null where they say no such thing. */
  leadingNowhere: Rewrite | null;
};

export type StartedSubject = {
  server: VendorServer;
  /** A client's methods over the server. */
  connect: (options: ClientOptions) => {
    find: (email: string) => Promise<StepResult>;
    /** Cuts the login of an account that `find` returned. */
    deactivate: (account: NonNullable<StepResult['account']>) => Promise<StepResult>;
    create: (person: Person) => Promise<StepResult>;
    /** Brings a name, and where the app takes it a title, into an account that `find` returned. */
    rename: (
      account: NonNullable<StepResult['account']>,
      person: Person & { title: string },
    ) => Promise<StepResult>;
  };
  /** Adds one more active account with this address behind the API's back. */
  addAccount: (email: string) => void;
  removeAccount: (email: string) => void;
  /** How many accounts have exactly this address. */
  countAccounts: (email: string) => number;
  isActive: (email: string) => boolean;
  /** How many invitations went to this address; null where the vendor sends none. */
  countInvitations: (email: string) => number | null;
  /** What of a leaver's records an app gives to another owner, kind by kind; left out where it gives none. */
  handOvers?: readonly HandOver[];
  /** The requests by which `deactivate` and `create` write. */
  deactivation: { surface: 'rest' | 'scim'; method: string; path: RegExp };
  /** Left out where the vendor's API creates nobody. */
  creation?: { surface: 'rest' | 'scim'; method: string; path: RegExp };
};

/** One kind of records. */
export type HandOver = {
  what: string;
  handOver: (options: ClientOptions, leaver: Person, newOwner: NewOwner | null) => Promise<StepResult>;
  /** The ids of the records that a person has and somebody must take over. */
  ownedBy: (person: Person) => number[];
  /** Gives Ann more records where the seed gives her too few. */
  prepare?: () => void;
  /** The method and the path of the request that gives a record to another owner; PATCH unless given. */
  method?: string;
  pathOf: (id: number) => string;
};

/** A credential that always gives the same token. */
export function staticCredential(value: string): CredentialSource {
  const token = async () => ({ value, kind: 'static' }) as const;
  return { secretName: 'tenure/test/rest', token, tokenAfterRefusal: token };
}

/** A limiter that lets everything through. */
export const UNLIMITED: Limiter = { admit: async () => {}, learn: async () => {} };

/** The same server, asked in the vendor's live dialect. */
export function inLiveDialect<State extends object>(server: VendorServer<State>): VendorServer<State> {
  return Object.create(server, { baseUrls: { value: server.liveBaseUrls }, dialect: { value: 'live' } });
}

/** Client options that lead to a vendor server; waits are skipped. */
export function optionsFor(
  server: VendorServer,
  overrides: { timeoutMs?: number; pageSize?: number } = {},
): ClientOptions {
  // Longer than a busy machine takes for an answer.
  const { timeoutMs = 30_000, ...rest } = overrides;
  return {
    rest: {
      baseUrl: server.baseUrls.rest,
      credential: staticCredential(server.tokens.rest),
      timeoutMs,
      limiter: UNLIMITED,
    },
    scim: {
      baseUrl: server.baseUrls.scim ?? '',
      credential: staticCredential(server.tokens.scim),
      timeoutMs,
      limiter: UNLIMITED,
    },
    sleep: async () => {},
    dialect: server.dialect,
    ...rest,
  };
}
