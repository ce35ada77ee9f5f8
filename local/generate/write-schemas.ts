import { writeFileSync } from 'node:fs';
import { EVENT_SCHEMAS, schemaText } from './event-schemas.ts';

// npm run schemas: writes the JSON Schema files that HR systems validate their events with.
for (const [name, schema] of Object.entries(EVENT_SCHEMAS)) {
  writeFileSync(
    new URL(`../../events/schema/${name}.schema.json`, import.meta.url),
    schemaText(name, schema),
  );
}
