import { jsx } from 'hono/jsx';
import type { Assets } from './assets.ts';
import { CONFIG_NAME, type PageConfig } from './page-config.ts';

// Calls instead of tags, because Node.js runs a laptop's files as they are, and that does not go for tags.

/** The document that loads the page's script; whoever has none is told. */
export function shell(assets: Assets, config: PageConfig): string {
  const meta = (name: string, content: string) => jsx('meta', { name, content });
  const head = jsx(
    'head',
    {},
    jsx('meta', { charset: 'utf-8' }),
    jsx('title', {}, 'tenure'),
    meta('viewport', 'width=device-width, initial-scale=1'),
    meta('color-scheme', 'light dark'),
    meta('robots', 'noindex'),
    meta(CONFIG_NAME, JSON.stringify({ ...config, machines: assets['machines.json'].path })),
    jsx('link', { rel: 'icon', href: 'data:,' }),
    jsx('link', { rel: 'stylesheet', href: assets['page.css'].path }),
    jsx('script', { type: 'module', src: assets['page.js'].path }, ''),
  );
  const body = jsx(
    'body',
    {},
    jsx(
      'div',
      { id: 'page' },
      jsx('p', { class: 'loading' }, 'Loading tenure…'),
      jsx('noscript', {}, 'This page needs JavaScript. The API and the command line do all that it does.'),
    ),
  );
  return `<!doctype html>${jsx('html', { lang: 'en' }, head, body).toString()}`;
}
