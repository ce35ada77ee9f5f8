import type { RunSummary } from '../../../api/schemas.ts';
import { useNames } from '../base/people.ts';
import { hrefTo } from '../base/route.ts';
import { TEXT } from '../base/strings.ts';
import { Status } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';

const { runs: SAYS } = TEXT;

/** Runs as rows. */
export function RunTable({ runs, caption }: { runs: readonly RunSummary[]; caption: string }) {
  const names = useNames(runs);
  return (
    <div class="scroll">
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{SAYS.status}</th>
            <th scope="col">{SAYS.person}</th>
            <th scope="col">{SAYS.workflow}</th>
            <th scope="col">{SAYS.trigger}</th>
            <th scope="col">{SAYS.askedBy}</th>
            <th scope="col">{SAYS.due}</th>
            <th scope="col">{SAYS.started}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.name}>
              <td>
                <Status of={run.status} words={TEXT.runStatus[run.status]} />
              </td>
              <td>
                <Person id={run.employeeId} />
                <Name of={names.get(run.employeeId ?? '')} />
                {run.report === null ? null : <span class="sub">{run.report.email}</span>}
              </td>
              <th scope="row">
                <a href={hrefTo(['runs', run.name])}>{TEXT.workflows[run.workflow]}</a>
              </th>
              <td>{run.origin === null ? TEXT.none : TEXT.via[run.origin.requester.via]}</td>
              <td class="breaks">{run.origin?.requester.name ?? TEXT.none}</td>
              <td>
                <Time at={run.dueAt} />
              </td>
              <td>
                <Time at={run.startedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Name({ of }: { of: string | undefined }) {
  return of === undefined ? null : <span class="sub">{of}</span>;
}

/** An employee id that leads to the person. */
export function Person({ id }: { id: string | null }) {
  return id === null ? <span>{TEXT.none}</span> : <a href={hrefTo(['people', id])}>{id}</a>;
}
