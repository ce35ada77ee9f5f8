import { hash, timingSafeEqual } from 'node:crypto';

/** Where a request says that it comes from. */
export type Origin = { host: string | undefined; origin: string | undefined };

/** Why a request is not served. */
export type Refusal = { status: 403 | 421; title: string; detail: string };

/**
 * Why a request does not come from this machine; null when it may. A browser sends the `Origin` of a page with every
 * request of its scripts and forms, and a page cannot change it:
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin. A page can point a name of its own at this
 * machine, but then its requests carry that name as `Host`.
 */
export function foreignCaller({ host = '', origin }: Origin): Refusal | null {
  if (!/^(localhost|127\.0\.0\.1)(:\d+)?$/i.test(host))
    return {
      status: 421,
      title: 'Misdirected Request',
      detail: 'This server is for this machine only; call 127.0.0.1.',
    };
  if (origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`) return null;
  return { status: 403, title: 'Forbidden', detail: 'Pages of another origin may not call this server.' };
}

/** Whether a request to a stand-in for AWS is signed with this access key, which only this process knows. */
export function isSignedWith(accessKeyId: string, authorization: string | undefined): boolean {
  const used = authorization?.match(/\bCredential=([^/\s,]*)\//)?.[1] ?? '';
  return isSameText(used, accessKeyId);
}

/** Compares two texts in a time that does not depend on where they differ. */
export function isSameText(a: string, b: string): boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(a), digest(b));
}
