import { afterAll, vi } from 'vitest';
import { logger } from '../functions/shared/logger.ts';
import './tables-without-sdk.ts';
import { avoidSockets } from './without-sockets.ts';

// Test files take turns in one process, because a process for each spends more on loading modules than on testing.
// What a file changes in the process is put back before the next one.
const environment = { ...process.env };
logger.setLogLevel('INFO');
avoidSockets();

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
});
