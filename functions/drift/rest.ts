import type { Surface } from '../vendor/surface.ts';
import { driftRestSurface } from './app.ts';

/** In a file of its own, because the contact sync does without everything else of the client. */
export const driftRest: Surface = {
  ...driftRestSurface,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
};
