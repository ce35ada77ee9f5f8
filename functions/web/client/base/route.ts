/** Where the page is: what follows `#` in its address, such as `/runs?status=held`. No server sees it. */
export type Route = { parts: readonly string[]; query: URLSearchParams };

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  return { parts, query: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a place in the page. What is empty or missing in the query stays out. */
export function hrefTo(parts: readonly string[], query: Record<string, string | undefined> = {}): string {
  const asked = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = new URLSearchParams(asked).toString();
  const path = parts.map(encodeURIComponent).join('/');
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}
