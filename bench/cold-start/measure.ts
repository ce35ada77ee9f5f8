// One cold start: a fresh process imports a bundle, and calls its handler if an event comes with it.

const [file = '', event] = process.argv.slice(2);
const context = { functionName: 'bench', awsRequestId: 'bench', getRemainingTimeInMillis: () => 60_000 };

const startedAt = performance.now();
const { handler } = await import(file);
const importedAt = performance.now();
if (event !== undefined) await handler(JSON.parse(event), context);
const answeredAt = performance.now();

const times = {
  importMs: importedAt - startedAt,
  requestMs: event === undefined ? null : answeredAt - importedAt,
};
// In a line of its own after what the handler has logged; connections that are kept alive would keep the process.
process.stdout.write(`\n${JSON.stringify(times)}\n`, () => process.exit());
