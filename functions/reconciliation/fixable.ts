import * as z from 'zod/mini';

/** The findings that tenure can fix by itself. */
export const Fixable = z.enum(['leaver_can_log_in']);

/** The variable with the most leavers that one reconciliation may offboard, whoever starts it; 500 where it is empty. */
export const MOST_FIXES_VARIABLE = 'RECONCILE_MOST_FIXES';
