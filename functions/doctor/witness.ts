/** A `fetch` that remembers the headers of answers by which vendors tell their limits. */
export function witness(send: typeof fetch = fetch): { fetch: typeof fetch; told: () => Headers } {
  const told = new Headers();
  return {
    fetch: async (...request) => {
      const response = await send(...request);
      for (const [name, value] of response.headers) if (TELLS_LIMIT.test(name)) told.set(name, value);
      return response;
    },
    told: () => told,
  };
}

const TELLS_LIMIT = /rate-?limit|requests-left|quota/i;
