import { readScimRejection } from '../vendor/scim.ts';
import type { Surface } from '../vendor/surface.ts';
import { driftScimSurface } from './app.ts';

/** Drift's SCIM API, in both dialects. */
export const driftScim: Surface = {
  ...driftScimSurface,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  readFailure: readScimRejection,
};
