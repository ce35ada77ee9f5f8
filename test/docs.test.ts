import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENTS = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT });

// From the top of the repository, so that a bucket's folder or another repository's file is not meant.
const PATH =
  /(?<![\w./-])(?:\.ci|bench|cdk|docs|e2e|events|functions|local|state-machines|test)\/(?:[\w<>*./-]*[\w>*/])?/g;
const LINK = /\]\(([^)\s]+)\)/g;
const HEADING = /^#+ (.+)$/gm;
const URL_OR_LINK_TARGET = /https?:\/\/\S+|\]\([^)]*\)/g;

/** The paths that a document names as text or code; what stands for any name, such as `<app>`, becomes a pattern. */
function pathsIn(text: string): string[] {
  const paths = text.replaceAll(URL_OR_LINK_TARGET, ' ').match(PATH) ?? [];
  return [...new Set(paths)].map((path) => path.replaceAll(/<[^>]*>/g, '*'));
}

function relativeLinksIn(text: string): string[] {
  const targets = [...text.matchAll(LINK)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsIn(text: string): string[] {
  return [...text.matchAll(HEADING)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : join(dirname(document), path);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsIn(read(target)).includes(anchor);
}

function read(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

it('README.md is short enough to be read', () => {
  expect(statSync(join(ROOT, 'README.md')).size).toBeLessThanOrEqual(8_000);
});

describe.each(DOCUMENTS)('%s', (document) => {
  const text = read(document);

  it('names only paths that exist', () => {
    expect(pathsIn(text).filter((path) => globSync(path, { cwd: ROOT }).length === 0)).toEqual([]);
  });

  it('links only to what exists', () => {
    expect(relativeLinksIn(text).filter((link) => !leadsSomewhere(document, link))).toEqual([]);
  });
});
