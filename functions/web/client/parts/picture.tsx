import type { Run } from '../../../api/schemas.ts';
import { APP_TITLES, APPS } from '../../../shared/apps.ts';
import type { Machine } from '../../machine.ts';
import { wordsOf } from '../base/names.ts';
import { hrefTo } from '../base/route.ts';
import { progressOf } from '../base/run-progress.ts';
import { TEXT } from '../base/strings.ts';
import { type Box, layOut } from './picture-layout.ts';
import { toneOf } from './states.tsx';

const MARKS = { good: '✓', bad: '✕', warn: '!', live: '●', calm: '' } as const;

/** A run's state machine, coloured by what was done. Its text is the list of steps beside it. */
export function Picture({ run, machine }: { run: Run; machine: Machine }) {
  const asked = new Set(run.apps.map(({ app }) => app).concat(run.report?.apps.map(({ app }) => app) ?? []));
  const apps = asked.size === 0 ? APPS : APPS.filter((app) => asked.has(app));
  const { width, height, boxes, groups, arrows } = layOut(machine, apps);
  const state = (box: Box, label?: string) => <State run={run} box={box} label={label} />;
  return (
    <figure class="scroll" aria-labelledby="picture-title" aria-describedby="picture-help">
      <svg class="picture" viewBox={`0 0 ${width} ${height}`} width={width} height={height}>
        <title>{TEXT.run.picture}</title>
        <defs>
          <marker id="tip" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto">
            <path d="M0 0L6 3L0 6z" />
          </marker>
        </defs>
        {arrows.map(({ path, isBack }) => (
          <path class={isBack ? 'arrow back' : 'arrow'} d={path} marker-end="url(#tip)" />
        ))}
        {groups.map((group) => (
          <g>
            <rect class="group" x={group.x} y={group.y} width={group.width} height={group.height} rx="8" />
            <text class="group-title" x={group.x + 12} y={group.y + 20}>
              {wordsOf(group.name)}
            </text>
            {group.lanes.map(({ app, y, boxes: steps }) => (
              <g>
                <text class="lane" x={group.x + 12} y={y + 19}>
                  {APP_TITLES[app]}
                </text>
                {steps.slice(1).map((step, index) => (
                  <path class="arrow" d={laneArrow(steps[index], step)} />
                ))}
                {steps.map((step) => state(step, APP_TITLES[app]))}
              </g>
            ))}
          </g>
        ))}
        {boxes.map((box) => state(box))}
      </svg>
    </figure>
  );
}

/** From a step to the next in its lane; one that stands below another is chosen instead of it. */
function laneArrow(from: Box | undefined, to: Box): string {
  if (from === undefined || from.x === to.x) return '';
  const y = to.y + to.height / 2;
  return `M${to.x - 20} ${y}H${to.x}`;
}

function State({ run, box, label }: { run: Run; box: Box; label?: string | undefined }) {
  const { status, line } = progressOf(run, box.name);
  const words = wordsOf(box.name);
  const said = TEXT.stepStatus[status];
  const name = label === undefined ? `${words}: ${said}` : `${label}, ${words}: ${said}`;
  const tone = toneOf(status);
  return (
    <a class={`state ${tone}`} href={hrefTo(['runs', run.name], { line })} aria-label={name}>
      <title>{name}</title>
      <rect x={box.x} y={box.y} width={box.width} height={box.height} rx="6" />
      <text class="mark" x={box.x + 9} y={box.y + box.height / 2 + 4}>
        {MARKS[tone]}
      </text>
      <text x={box.x + 24} y={box.y + box.height / 2 + 4}>
        {words}
      </text>
    </a>
  );
}
