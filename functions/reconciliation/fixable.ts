import * as z from 'zod/mini';

/** The findings that tenure can fix by itself. */
export const Fixable = z.enum(['leaver_can_log_in']);
