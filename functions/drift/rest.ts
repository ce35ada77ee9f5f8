import type { Surface } from '../vendor/surface.ts';
import { driftRestSurface } from './app.ts';

/** It has a file of its own because the contact sync needs nothing else of the client. */
export const driftRest: Surface = {
  ...driftRestSurface,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
};
