import { decideCommand } from './decide.ts';

export const main = decideCommand('reject');
