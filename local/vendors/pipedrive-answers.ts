import type { VendorContext } from './vendor-app.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;

export function succeed(context: VendorContext, data: unknown): Response {
  return context.json({ success: true, data });
}

export function refuse(context: VendorContext, status: 400 | 401 | 403 | 404, error: string): Response {
  return context.json({ success: false, error }, status);
}

export function page<T>(
  context: VendorContext,
  items: readonly T[],
  represent: (item: T) => unknown = (item) => item,
): Response {
  const start = Number(context.req.query('start') ?? 0);
  const limit = Math.min(Number(context.req.query('limit') ?? DEFAULT_LIMIT), MAX_LIMIT);
  const more = items.length > start + limit;
  const pagination = {
    start,
    limit,
    more_items_in_collection: more,
    ...(more ? { next_start: start + limit } : {}),
  };
  return context.json({
    success: true,
    data: items.slice(start, start + limit).map(represent),
    additional_data: { pagination },
  });
}
