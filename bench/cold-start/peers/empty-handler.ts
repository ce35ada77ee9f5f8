/** What Node.js and a module cost. */
export const handler = async () => ({ status: 'done' });
