import { writeFileSync } from 'node:fs';
import { EVENT_SCHEMAS, schemaText } from './event-schemas.ts';
import { HR_SCHEMAS } from './hr-schemas.ts';

// npm run schemas: writes the JSON Schema files that HR systems validate their events with.
for (const [name, schema] of Object.entries(EVENT_SCHEMAS)) {
  writeFileSync(
    new URL(`../../events/schema/${name}.schema.json`, import.meta.url),
    schemaText(name, schema),
  );
}
// And those of what a company writes itself: its policy, and workers for the webhook.
for (const [name, schema] of Object.entries(HR_SCHEMAS))
  writeFileSync(new URL(`../../docs/${name}.schema.json`, import.meta.url), schemaText(name, schema));
