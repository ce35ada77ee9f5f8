import type { App } from '../shared/apps.ts';
import type { SurfaceDescription } from './surface.ts';

/** A step by its name: folder and file in Pascal case. */
type Step = `${Capitalize<App>}${string}`;

/** Steps one after the other; one pair may be a choice by whether the step before found an account. */
export type Chain = readonly (Step | { found: Step; notFound: Step })[];

/** An app as data, without its client. Whatever lists the apps reads them from here. */
export type AppDescription = {
  surfaces: readonly SurfaceDescription[];
  /** Whether the app may keep a title, a department and a manager, which no step writes there. */
  keepsMoreFacts?: boolean;
  /** Steps whose every attempt may act again, such as by sending a mail: one without an answer is repeated twice only. */
  retrySparingly?: readonly Step[];
  /** Which steps serve which phase; what an app does not have is left out. */
  phases: {
    /** A joiner gets an account. */
    provision: Chain;
    /** A leaver's login is cut. */
    shut: Chain;
    /** Looks whether somebody can take over the leaver's records. */
    checkNewOwner?: Step;
    /** What is new about an employee comes into the account. */
    update?: Chain;
    /** A leaver's records go to the new owner. */
    handOver?: readonly Step[];
    /** Walks all accounts, for the reconciliation. */
    list: Step;
    /** Finds out whether the app, the credentials and the settings are as they have to be. */
    diagnose: Step;
    /** Reads who is connected with what, for the reconciliation. */
    graph?: Step;
  };
};
