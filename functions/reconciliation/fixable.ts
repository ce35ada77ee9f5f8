import * as z from 'zod/mini';

/** The findings that tenure can mend by itself, when it is asked to. */
export const Fixable = z.enum(['leaver_can_log_in']);
