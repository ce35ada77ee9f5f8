import { writeFileSync } from 'node:fs';
import { thirdPartyText } from './third-party.ts';

writeFileSync(new URL('../../docs/third-party.md', import.meta.url), thirdPartyText());
