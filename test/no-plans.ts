import type { Plans } from '../functions/api/plans.ts';
import { planStore } from '../functions/tables/plan-store.ts';

/** For an API that nobody asks for a plan. */
export const noPlans = (): Plans => ({
  make: () => Promise.reject(new Error('Nobody plans here.')),
  store: planStore({ coordination: 'none', identity: 'none' }),
});
