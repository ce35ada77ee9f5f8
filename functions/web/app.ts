import { Hono } from 'hono';
import { etag } from 'hono/etag';
import { secureHeaders } from 'hono/secure-headers';
import type { Assets } from './assets.ts';
import type { PageConfig } from './page-config.ts';
import { shell } from './shell.ts';

/** A year, in seconds: https://www.rfc-editor.org/rfc/rfc8246 */
const FOR_GOOD = 'private, max-age=31536000, immutable';

/**
 * The page's document and files. They hold nothing of anybody, so that everybody may have them; what the page shows it
 * asks of the API.
 */
export function createWebApp(assets: Assets, config: PageConfig): Hono {
  const app = new Hono();
  const document = shell(assets, config);
  app.use(secureHeaders({ contentSecurityPolicy: policyFor(config), referrerPolicy: 'no-referrer' }));
  app.get('/', etag(), (context) => {
    context.header('cache-control', 'no-cache');
    return context.html(document);
  });
  for (const { path, type, body } of Object.values(assets))
    app.get(path, (context) => context.body(body, 200, { 'content-type': type, 'cache-control': FOR_GOOD }));
  app.notFound((context) => context.text('There is no such file. Load the page again.', 404));
  return app;
}

/** Whether a request is for the page or one of its files, and not for the API. */
export function isForPage(method: string, path: string): boolean {
  return ['GET', 'HEAD'].includes(method) && (path === '/' || path.startsWith('/assets/'));
}

/** https://www.w3.org/TR/CSP3/: what is not named here the browser refuses, whatever a name or a note may hold. */
function policyFor(config: PageConfig) {
  const issuer = config.signIn === 'token' ? [new URL(config.tokenEndpoint).origin] : [];
  return {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    // The empty icon, so that no browser asks for one.
    imgSrc: ['data:'],
    connectSrc: ["'self'", ...issuer],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  };
}
