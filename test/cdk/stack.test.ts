import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

// One file, because every test file that synthesizes loads the CDK for itself, which takes seconds. Each subject is a
// module in stack/; `npx vitest run test/cdk/stack.test.ts -t 'the webhooks'` runs one.
const subjects = readdirSync(new URL('stack', import.meta.url)).map((file) => basename(file, '.ts'));
for (const subject of subjects) await import(`./stack/${subject}.ts`);
