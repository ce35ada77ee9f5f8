import type { App } from '../../../shared/apps.ts';
import type { Machine } from '../../machine.ts';
import { appOfStep } from '../base/names.ts';

/** A state as the picture shows it; sizes are in SVG's user units. */
export type Box = { name: string; x: number; y: number; width: number; height: number };
/** The states that run for each app beside each other. */
export type Group = Box & { lanes: { app: App; y: number; boxes: Box[] }[] };
/** A way from one state to another that does not follow it, or to the next one. */
export type Arrow = { from: string; to: string; path: string; isBack: boolean };
export type Layout = { width: number; height: number; boxes: Box[]; groups: Group[]; arrows: Arrow[] };

const MARGIN = 60;
const BOX = { width: 230, height: 32 };
const STEP = { width: 166, height: 30 };
const GAP = 20;
const LABEL_WIDTH = 116;
const TITLE_HEIGHT = 30;

/**
 * Lays a run's state machine out from top to bottom, in the order of its definition; what is done for each app becomes a
 * lane from left to right. A choice is no box: the ways through it lead on to what it chooses.
 *
 * @param apps whose lanes are shown.
 */
export function layOut(machine: Machine, apps: readonly App[]): Layout {
  const reached = reachedFrom(machine, machine.start);
  const names = Object.keys(machine.states).filter((name) => reached.has(name) && !isChoice(machine, name));
  const boxes: Box[] = [];
  const groups: Group[] = [];
  let y = 8;
  for (const name of names) {
    const group = groupOf(machine, name, apps, y);
    if (group === null) boxes.push({ name, x: MARGIN, y, ...BOX });
    else groups.push(group);
    y += (group?.height ?? BOX.height) + GAP;
  }
  const placed = [...boxes, ...groups].sort((one, other) => one.y - other.y);
  const width = Math.max(...placed.map((box) => box.x + box.width)) + 8;
  return { width, height: y - GAP + 8, boxes, groups, arrows: arrowsOf(machine, placed) };
}

function isChoice({ states }: Machine, name: string): boolean {
  return states[name]?.type === 'Choice';
}

/** Where a state leads, through choices. */
function followers(machine: Machine, name: string, seen: readonly string[] = []): string[] {
  const next = machine.states[name]?.next ?? [];
  return next.flatMap((target) => {
    if (!isChoice(machine, target)) return [target];
    return seen.includes(target) ? [] : followers(machine, target, [...seen, target]);
  });
}

function reachedFrom(machine: Machine, start: string): Set<string> {
  const reached = new Set<string>();
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    open.push(...(machine.states[name]?.next ?? []));
  }
  return reached;
}

function groupOf(machine: Machine, name: string, apps: readonly App[], y: number): Group | null {
  const inner = machine.states[name]?.type === 'Map' ? machine.states[name].inner?.[0] : undefined;
  if (inner === undefined) return null;
  const lanes: Group['lanes'] = [];
  let laneY = y + TITLE_HEIGHT;
  for (const app of apps) {
    const columns = columnsOf(inner, app);
    if (columns.length === 0) continue;
    const boxes = columns.flatMap((states, column) =>
      states.map((state, row) => ({
        name: state,
        x: MARGIN + LABEL_WIDTH + column * (STEP.width + GAP),
        y: laneY + row * (STEP.height + 6),
        ...STEP,
      })),
    );
    lanes.push({ app, y: laneY, boxes });
    laneY += Math.max(...columns.map(({ length }) => length)) * (STEP.height + 6) + 6;
  }
  const ends = lanes.flatMap(({ boxes }) => boxes.map((box) => box.x + box.width));
  const width = Math.max(BOX.width, ...ends.map((end) => end - MARGIN + 10));
  return { name, x: MARGIN, y, width, height: laneY - y + 4, lanes };
}

/** An app's steps in a part of the machine: what comes one after another, and beside each other where one is chosen. */
function columnsOf(inner: Machine, app: App): string[][] {
  const isOfApp = (name: string) => appOfStep(name) === app;
  const columns: string[][] = [];
  const seen = new Set<string>();
  let column = followers(inner, inner.start).filter(isOfApp);
  while (column.length > 0) {
    const states = [...new Set(column)].filter((name) => !seen.has(name));
    for (const name of states) seen.add(name);
    if (states.length > 0) columns.push(states);
    column = states
      .flatMap((name) => followers(inner, name))
      .filter((name) => isOfApp(name) && !seen.has(name));
  }
  return columns;
}

function arrowsOf(machine: Machine, placed: readonly Box[]): Arrow[] {
  return placed.flatMap((from, index) =>
    [...new Set(followers(machine, from.name))].flatMap((name) => {
      const at = placed.findIndex((box) => box.name === name);
      const to = placed[at];
      if (to === undefined) return [];
      const path = at === index + 1 ? straight(from, to) : curved(from, to, Math.abs(at - index));
      return [{ from: from.name, to: name, path, isBack: at <= index }];
    }),
  );
}

function straight(from: Box, to: Box): string {
  const x = MARGIN + BOX.width / 2;
  return `M${x} ${from.y + from.height}V${to.y - 3}`;
}

function curved(from: Box, to: Box, span: number): string {
  const bend = MARGIN - Math.min(MARGIN - 4, 14 + span * 7);
  const begin = from.y + Math.min(from.height, BOX.height) / 2 + 5;
  const end = to.y + Math.min(to.height, BOX.height) / 2 - 5;
  return `M${from.x} ${begin}C${bend} ${begin} ${bend} ${end} ${to.x - 3} ${end}`;
}
