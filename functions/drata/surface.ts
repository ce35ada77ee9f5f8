import type { Surface } from '../vendor/surface.ts';
import { drataRestSurface } from './app.ts';

export const drataRest: Surface = {
  ...drataRestSurface,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
};
