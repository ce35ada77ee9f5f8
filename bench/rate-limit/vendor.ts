import { createServer } from 'node:http';
import { RequestWindow } from '../../local/vendors/request-window.ts';
import type { Arrival } from './messages.ts';
import { costOf, Scenario } from './scenarios.ts';

// A process of its own: its limit is a strict sliding window, and its clock is the one that counts.

let window = new RequestWindow({ capacity: 1, windowMs: 1 }, Date.now);
let scenario: Scenario | null = null;
let journal: Arrival[] = [];

const server = createServer((request, response) => {
  const job = Number(request.url?.split('/').at(-1));
  const isAccepted = window.take(scenario === null ? 1 : costOf(scenario, job));
  journal.push({ job, at: Date.now(), isAccepted });
  const headers = { 'content-type': 'application/json', ...rateHeaders() };
  response.writeHead(isAccepted ? 200 : 429, headers).end('{}');
});

process.on('message', (message) => {
  if (message === 'journal') {
    process.send?.(journal);
    return;
  }
  scenario = Scenario.parse(message);
  const { capacity, windowMs, perDay } = scenario;
  const limit = { capacity, windowMs, ...(perDay === undefined ? {} : { perDay }) };
  window = new RequestWindow(limit, Date.now);
  journal = [];
  process.send?.('ready');
});

server.listen(0, '127.0.0.1', 4_096, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object')
    process.send?.({ url: `http://127.0.0.1:${address.port}` });
});

function rateHeaders(): Record<string, string> {
  if (scenario === null || scenario.reset === 'unsaid') return {};
  const freeAt = scenario.reset === 'epochSeconds' ? window.freeAt : window.freeAt - Date.now();
  return {
    'x-ratelimit-limit': String(window.limit.capacity),
    'x-ratelimit-remaining': String(Math.max(0, window.remaining)),
    'x-ratelimit-reset': String(Math.ceil(freeAt / 1000)),
  };
}
