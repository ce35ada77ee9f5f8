import { writeFileSync } from 'node:fs';
import { openApiText } from './openapi.ts';

// npm run openapi: writes the description of the API that docs and clients use.
writeFileSync(new URL('../../docs/openapi.json', import.meta.url), openApiText());
