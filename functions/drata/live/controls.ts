import * as z from 'zod/mini';
import { VendorRejectedError } from '../../shared/errors.ts';
import { enriching, enrichingText } from '../../vendor/enriching.ts';
import type { VendorHttp } from '../../vendor/http.ts';
import { NumberId } from '../../vendor/ids.ts';
import type { Control, ControlId, ControlOwners, DrataCalls } from '../dialect/calls.ts';
import { listAll } from './pages.ts';

const IS_GONE = new Set<number | undefined>([404, 410]);
const Owner = z.object({ id: NumberId });
const Workspace = z.object({ id: NumberId });
const LiveControl = z.object({
  id: NumberId,
  name: enrichingText('name'),
  owners: enriching('owners', z.optional(z.object({ data: z.array(Owner), totalCount: z.int() })), undefined),
});

/** Lists the controls of all workspaces with all their owners, who are users. */
export function liveControls(http: VendorHttp, pageSize: number): DrataCalls['listControls'] {
  const ownersOf = async (
    operation: string,
    workspaceId: number,
    { id, owners }: z.infer<typeof LiveControl>,
  ) => {
    // The control itself shows ten of them at most.
    if (owners !== undefined && owners.totalCount <= owners.data.length) return owners.data;
    // https://developers.drata.com/openapi/reference/v2/operation/ControlOwnersPublicV2Controller_listControlOwners/
    const path = `/workspaces/${workspaceId}/controls/${id}/owners`;
    return listAll(http, { operation, path, item: Owner, pageSize });
  };

  return async (operation) => {
    const controls: Control[] = [];
    // https://developers.drata.com/openapi/reference/v2/operation/WorkspacesPublicV2Controller_listWorkspaces/
    const workspaces = await listAll(http, { operation, path: '/workspaces', item: Workspace, pageSize });
    for (const { id: workspaceId } of workspaces) {
      const listed = await listAll(http, {
        operation,
        // https://developers.drata.com/openapi/reference/v2/operation/ControlsPublicV2Controller_listControls/
        path: `/workspaces/${workspaceId}/controls`,
        query: { 'expand[]': ['owners'] },
        item: LiveControl,
        pageSize,
      });
      for (const control of listed) {
        const owners = await ownersOf(operation, workspaceId, control);
        controls.push({
          id: String(control.id),
          workspaceId: String(workspaceId),
          name: control.name,
          ownerIds: owners.map(({ id }) => String(id)),
        });
      }
    }
    return controls;
  };
}

/** The calls about the owners of one control, who are users. */
export function liveControlOwners(http: VendorHttp, pageSize: number): ControlOwners {
  const pathOf = ({ workspaceId, id }: ControlId) => `/workspaces/${workspaceId}/controls/${id}/owners`;
  return {
    read: async (operation, control) => {
      try {
        // https://developers.drata.com/openapi/reference/v2/operation/ControlOwnersPublicV2Controller_listControlOwners/
        const owners = await listAll(http, { operation, path: pathOf(control), item: Owner, pageSize });
        return owners.map(({ id }) => String(id));
      } catch (error) {
        if (error instanceof VendorRejectedError && IS_GONE.has(error.call.status)) return null;
        throw error;
      }
    },
    write: (operation, control, ownerIds) =>
      // https://developers.drata.com/openapi/reference/v2/operation/ControlOwnersPublicV2Controller_replaceControlOwners/
      http.requestIfExists({
        operation,
        method: 'PUT',
        path: pathOf(control),
        body: { ownerUserIds: ownerIds.map(Number) },
        answer: z.unknown(),
      }),
  };
}
