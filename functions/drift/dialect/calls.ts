import * as z from 'zod/mini';
import type { VendorCall } from '../../shared/errors.ts';
import { enrichingText, enrichingTextIfTold } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import type { Page } from '../../vendor/paging.ts';

/** An agent with a seat as REST shows them. */
export const Agent = z.object({
  id: NumberId,
  email: enrichingText('email'),
  name: enrichingText('name'),
  role: enrichingTextIfTold('role'),
});
export type Agent = z.infer<typeof Agent>;

/** A record that an agent may own. `owner` is null for one without an owner. */
export type Owned<Id> = { id: Id; owner: number | null };

/** The records that have an owner in one of the dialects, with the calls about them. */
export type OwnedCalls = {
  /** What reports call them, in the plural. */
  what: string;
  path: string;
  first: string;
  listPage(operation: string, position: string): Promise<Page<Owned<number | string>, string>>;
  /** Null for a record that is gone. */
  read(operation: string, id: number | string): Promise<Owned<number | string> | null>;
  /** Null for a record that is gone. */
  setOwner(operation: string, id: number | string, owner: number): Promise<unknown>;
};

/** The calls of Drift's REST API in one of its dialects, with their parsers. `operation` is the client's method, for messages. */
export type DriftCalls = {
  agentsPath: string;
  /** A page of the agents with a seat, the first one for an empty position. */
  listAgents(operation: string, position: string): Promise<Page<Agent, string>>;
  /** Null for an agent without a seat. */
  readAgent(operation: string, agentId: number): Promise<Agent | null>;
  owned: OwnedCalls;
};

/** Answers are wrapped: https://devdocs.drift.com/docs/platform-apis */
export const envelope = <T>(data: z.ZodMiniType<T>) => z.object({ data });

/** Where a list of agents begins. */
export const FIRST_PAGE = '';

/** The call that lists a collection, for messages. */
export function pagesOf(operation: string, path: string): VendorCall {
  return { vendor: 'drift', operation, method: 'GET', path };
}

/** The call for one agent, which both dialects have in common. */
export function agentReader(http: VendorHttp): DriftCalls['readAgent'] {
  return async (operation, agentId) => {
    // https://devdocs.drift.com/docs/retrieving-user
    const answer = await http.requestIfExists({
      operation,
      method: 'GET',
      path: `/users/${agentId}`,
      answer: envelope(Agent),
    });
    return answer?.data ?? null;
  };
}
