// What the simulated Drata keeps; both dialects show it.

export type DrataPersonnel = {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  title: string | null;
  department: string | null;
  employmentType: 'FULL_TIME' | 'CONTRACTOR' | 'PART_TIME' | null;
  startDate: string | null;
  endDate: string | null;
  isActive: boolean;
  role: 'ADMIN' | 'MEMBER' | 'AUDITOR';
  managerId: string | null;
  externalId: string | null;
  complianceStatus: 'COMPLIANT' | 'NON_COMPLIANT' | 'PENDING';
  trainingStatus: { assigned: number; completed: number };
  /** In epoch milliseconds; not shown. */
  createdAt: number;
  /** When training and a background check were assigned, which an employment type does; not shown. */
  assignedAt: number | null;
};

export type DrataState = {
  personnel: DrataPersonnel[];
  controls: {
    id: string;
    name: string;
    status: 'PASSING' | 'FAILING';
    ownerId: string;
    /** Further owners, whom only the live dialect knows. */
    coOwnerIds?: string[];
  }[];
  /** How many days after the assignment training and check are done, null for never, and how the check ends. */
  progress: { trainingDays: number | null; checkDays: number | null; checkStatus: string };
  /** The ids for which `isActive: false` and `endDate` arrived in one PATCH, which starts all of the offboarding. */
  offboarded: string[];
  /** Leaves `total` out of lists. */
  omitsTotal: boolean;
  /** The most that a page holds, whatever `limit` asks for. */
  maxLimit: number;
  /** Answers dates as the first instant of the day. */
  datesCarryTime: boolean;
  /** The form of Retry-After. */
  retryAfter: 'seconds' | 'date';
  /** In the live dialect: by record, an employment status that does not follow from the other fields. */
  employmentStatuses: Record<string, string>;
  /** In the live dialect: the records that no longer follow the identity provider, because the API changed them. */
  setByHand: string[];
  /** In the live dialect: whether the lookup by address compares its case. */
  lookupComparesCase: boolean;
  /** In the live dialect: whether nobody has agreed to the terms of service. */
  termsOpen: boolean;
};
