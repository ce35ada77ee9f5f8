import type { Erasure } from '../../functions/erasure/erase.ts';
import type { Runtime } from './runtime.ts';

/** Erases people of a runtime, as functions/api/erase.ts does of a deployment. */
export function eraseLocally({ store }: Pick<Runtime, 'store'>): (employeeId: string) => Promise<Erasure> {
  return async (employeeId) => {
    // Loaded only now, because the environment that they read is the runtime's.
    const { erase } = await import('../../functions/erasure/erase.ts');
    const { fileStoreFromEnvironment, journalStoreFromEnvironment } = await import(
      '../../functions/files/files.ts'
    );
    const { erasureStoreFromEnvironment } = await import('../../functions/tables/erasure-store.ts');
    const { orderStoreFromEnvironment } = await import('../../functions/tables/order-store.ts');
    const sources = {
      order: orderStoreFromEnvironment(),
      store,
      erasures: erasureStoreFromEnvironment(),
      files: [fileStoreFromEnvironment(), journalStoreFromEnvironment()],
    };
    return erase(sources, employeeId);
  };
}
