import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILES = globSync('{functions,local,cdk,state-machines}/**/*.{ts,tsx}', { cwd: ROOT });

const IMPORT = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Which files each file imports, also for types only and when it needs them. */
const imports: Graph = new Map(
  FILES.map((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const targets = [...text.matchAll(IMPORT)].map(([, path = '']) => normalize(join(dirname(file), path)));
    return [file, new Set(targets)];
  }),
);

function betweenFolders(): Graph {
  const folders = new Map<string, Set<string>>();
  for (const [file, targets] of imports) {
    const from = dirname(file);
    const known = folders.get(from) ?? new Set();
    for (const target of targets) if (dirname(target) !== from) known.add(dirname(target));
    folders.set(from, known);
  }
  return folders;
}

/** A way that ends where it began, as names in order; null when there is none. */
function findCycle(graph: Graph): string[] | null {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): string[] | null => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return null;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...way, node]);
      if (cycle !== null) return cycle;
    }
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle !== null) return cycle;
  }
  return null;
}

test('no folder imports another that leads back to it', () => {
  expect(findCycle(betweenFolders())?.join(' → ') ?? null).toBeNull();
});

test('no file imports another that leads back to it', () => {
  expect(findCycle(imports)?.join(' → ') ?? null).toBeNull();
});

test('nothing that is deployed imports the embedded runtime', () => {
  const deployed = [...imports].filter(([file]) => !file.startsWith('local/'));
  const back = deployed.flatMap(([file, targets]) =>
    [...targets].filter((target) => target.startsWith('local/')).map((target) => `${file} → ${target}`),
  );
  expect(back).toEqual([]);
});

test('a cycle is named', () => {
  const graph = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['c'])],
    ['c', new Set(['b'])],
  ]);
  expect(findCycle(graph)).toEqual(['b', 'c', 'b']);
});

test('every room says in a sentence what it is for', () => {
  const rooms = globSync('{functions,local}/*/', { cwd: ROOT });
  const silent = rooms.filter((room) => !existsSync(join(ROOT, room, 'README.md')));
  expect(silent).toEqual([]);
});
