import * as z from 'zod/mini';
import { enrichingId, enrichingText } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { TextId } from '../../vendor/ids.ts';
import { type DrataCalls, pagesOf } from '../dialect/calls.ts';
import { listAll, Total } from './pages.ts';

const Control = z.object({ id: TextId, name: enrichingText('name'), ownerId: enrichingId('ownerId') });
const ControlPage = z.object({ data: z.array(Control), total: Total });

/** Lists all controls; each has one owner at most. */
export function guideControls(http: VendorHttp, pageSize: number): DrataCalls['listControls'] {
  return async (operation) => {
    const controls = await listAll(pagesOf(operation, '/controls'), (page) =>
      // "List Controls": https://www.stitchflow.com/user-management/drata/api
      http.request({
        operation,
        method: 'GET',
        path: '/controls',
        query: { page, limit: pageSize },
        answer: ControlPage,
      }),
    );
    return controls.map(({ id, name, ownerId }) => ({
      id,
      name,
      ownerIds: ownerId === null ? [] : [ownerId],
    }));
  };
}
