/** All pages of a list that the API answers in pages. @throws what `read` throws */
export async function allPages<Page extends { cursor?: string | undefined }>(
  read: (more: { cursor?: string }) => Promise<Page>,
): Promise<Page[]> {
  const pages = [await read({})];
  for (let cursor = pages[0]?.cursor; cursor !== undefined; cursor = pages.at(-1)?.cursor)
    pages.push(await read({ cursor }));
  return pages;
}
