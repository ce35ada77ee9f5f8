import type { Surface } from '../functions/shared/http.ts';
import { SURFACES } from '../local/surfaces.ts';

type VendorSurface = Pick<Surface, 'vendor' | 'surface' | 'baseUrlVariable'>;

/** Every way into a vendor: each has a secret, and a variable that replaces its base URL. */
export const VENDOR_SURFACES: readonly VendorSurface[] = Object.values(SURFACES).flat();
