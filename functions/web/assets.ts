import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The files of the page, as `bundlePage` writes them, and their media types. */
export const PAGE_FILES = {
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'machines.json': 'application/json',
} as const;
export type PageFile = keyof typeof PAGE_FILES;

/** One file of the page. Its address holds a hash of it, so that a browser may keep it for good. */
export type Asset = { path: string; type: string; body: string };
export type Assets = Record<PageFile, Asset>;

/** The files of the page by name. */
export function assetsOf(bodies: Record<PageFile, string>): Assets {
  const asset = (name: PageFile): Asset => {
    const body = bodies[name];
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
    return { path: `/assets/${name.replace('.', `.${hash}.`)}`, type: PAGE_FILES[name], body };
  };
  return {
    'page.js': asset('page.js'),
    'page.css': asset('page.css'),
    'machines.json': asset('machines.json'),
  };
}

/** The files in a folder that `bundlePage` filled. @throws Error when one is missing. */
export function readAssets(folder: URL): Assets {
  const read = (name: PageFile) => readFileSync(new URL(name, folder), 'utf8');
  return assetsOf({
    'page.js': read('page.js'),
    'page.css': read('page.css'),
    'machines.json': read('machines.json'),
  });
}
