/** Where joiners, movers and leavers can come from, besides events of tenure's own form. */
export const HR_SOURCES = ['roster', 'hr', 'bamboohr', 'hibob'] as const;
export type HrSource = (typeof HR_SOURCES)[number];
