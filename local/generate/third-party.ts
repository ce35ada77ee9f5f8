import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.optional(z.string()),
      license: z.optional(z.string()),
      dev: z.optional(z.boolean()),
      optional: z.optional(z.boolean()),
    }),
  ),
});

type Package = { name: string; version: string; license: string; text: string };

/** The notices of all packages that the Lambdas' bundles are made of, as docs/third-party.md has them. */
export function thirdPartyText(): string {
  const packages = shippedPackages();
  const texts = [...new Set(packages.map(({ text }) => text))].filter((text) => text !== '');
  const numberOf = (text: string) => (text === '' ? '' : String(texts.indexOf(text) + 1));
  const rows = packages.map(
    ({ name, version, license, text }) => `| ${name} | ${version} | ${license} | ${numberOf(text)} |`,
  );
  const notices = texts.map((text, at) => `## ${at + 1}\n\n\`\`\`text\n${text}\n\`\`\`\n`);
  return [
    '# Third-party notices\n',
    'The bundles of the Lambdas are made of parts of these packages. `npm run third-party` writes this file. The notice of each',
    'has the number in its row; where there is none, the package brings no text.\n',
    '| Package | Version | License | Notice |',
    '|---|---|---|---|',
    ...rows,
    '',
    ...notices,
  ].join('\n');
}

/** The packages that dependencies lead to. What only this repository works with is in no bundle. */
function shippedPackages(): Package[] {
  const { packages } = z.parse(Lock, JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
  return Object.entries(packages)
    .filter(([path, { dev, optional }]) => path !== '' && dev !== true && optional !== true)
    .map(([path, { version = '', license = '' }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      license,
      text: noticeOf(join(ROOT, path)),
    }));
}

function noticeOf(folder: string): string {
  if (!existsSync(folder)) return '';
  const files = readdirSync(folder)
    .filter((name) => /^(licen[cs]e|notice)(\.(md|txt))?$/i.test(name))
    .toSorted();
  return files
    .map((name) =>
      readFileSync(join(folder, name), 'utf8')
        .replaceAll('\r', '')
        .replaceAll(/[ \t]+$/gm, '')
        .trim(),
    )
    .join('\n\n');
}
