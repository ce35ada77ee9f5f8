/** The same items, each asked for while the one before it is used. */
export async function* readAhead<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]();
  let next = iterator.next();
  for (let current = await next; !current.done; current = await next) {
    next = iterator.next();
    // It is awaited when it is its turn; until then its failure must not end the process.
    next.catch(() => {});
    yield current.value;
  }
}
