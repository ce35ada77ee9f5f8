import type { ComplianceRecord } from '../tables/compliance-store.ts';
import type { DrataCalls, Personnel } from './dialect/calls.ts';

/** One page of what Drata has computed; `next` is the position to ask for next, null at the end. */
export type CompliancePage = { records: ComplianceRecord[]; next: string | null };

/** What Drata has computed about people's compliance. */
export function drataCompliance(calls: DrataCalls) {
  return {
    /**
     * What Drata has computed for everybody, a page at a time, inactive records too.
     *
     * @param position null for the first page.
     * @throws VendorResponseError when a page begins like the one before it, or the pages end before the total.
     */
    listCompliance: async (position: string | null): Promise<CompliancePage> => {
      const { data, next } = await calls.listAt('listCompliance', position ?? calls.firstPosition);
      return { records: data.map(complianceOf), next };
    },

    /** What Drata has computed for one person; null when the record is gone. */
    readCompliance: async (id: string): Promise<ComplianceRecord | null> => {
      const personnel = await calls.readIfExists('readCompliance', id);
      return personnel === null ? null : complianceOf(personnel);
    },
  };
}

function complianceOf(personnel: Personnel): ComplianceRecord {
  const { id, email, externalId, isActive, complianceStatus, trainingStatus } = personnel;
  return {
    personnelId: id,
    employeeId: externalId,
    email,
    isActive: isActive !== false,
    complianceStatus,
    trainingStatus: trainingStatus ?? null,
  };
}
