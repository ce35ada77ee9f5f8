import { APP_DESCRIPTIONS, appsWith } from '../functions/app-descriptions.ts';
import type { App } from '../functions/shared/apps.ts';
import type { AppDescription, Chain } from '../functions/vendor/app-description.ts';
import type { State } from './definition.ts';

type Phase = keyof AppDescription['phases'];

/** Makes the state of a step, without where it leads. */
type MakeState = (step: string, app: App) => State;

/** Where a chain leads at its end. */
type ChainEnd = { Next: string } | { End: true };

/** The choices that lead each app's item, by `$.app`, to the first state of the app's chain for a phase. */
export function appChoices(phase: Phase): { Variable: string; StringEquals: App; Next: string }[] {
  return appsWith(phase).map((app) => ({
    Variable: '$.app',
    StringEquals: app,
    Next: firstState(app, phase),
  }));
}

/**
 * The states of all apps' chains for a phase. `['A', { found: 'B', notFound: 'C' }, 'D']` becomes: A, then a Choice,
 * then B or C, then D, then `end`.
 *
 * @param suffix ends the name of each state, where a state machine has the chain a second time.
 */
export function appStates(
  phase: Phase,
  makeState: MakeState,
  end: ChainEnd,
  suffix = '',
): Record<string, State> {
  return Object.assign({}, ...appsWith(phase).map((app) => chainStates(app, phase, makeState, end, suffix)));
}

/** The branches of a Parallel in which each app's chain for a phase runs by itself. */
export function appBranches(phase: Phase, makeState: MakeState): object[] {
  return appsWith(phase).map((app) => ({
    StartAt: firstState(app, phase),
    States: chainStates(app, phase, makeState, { End: true }),
  }));
}

/** The state with which an app's chain for a phase begins. */
export function firstState(app: App, phase: Phase): string {
  return stateName(app, firstLink(app, phase));
}

type Link = Chain[number];

function chainOf(app: App, phase: Phase): Chain {
  const chain = APP_DESCRIPTIONS[app].phases[phase] ?? [];
  return typeof chain === 'string' ? [chain] : chain;
}

function firstLink(app: App, phase: Phase): Link {
  const [first] = chainOf(app, phase);
  if (first === undefined) throw new Error(`functions/${app}/app.ts has no step for the phase ${phase}.`);
  return first;
}

/** The state that a link begins with: the step's own, or the Choice between two. */
function stateName(app: App, link: Link): string {
  return typeof link === 'string' ? link : `${app.charAt(0).toUpperCase()}${app.slice(1)}ChooseWrite`;
}

function chainStates(
  app: App,
  phase: Phase,
  makeState: MakeState,
  end: ChainEnd,
  suffix = '',
): Record<string, State> {
  const chain = chainOf(app, phase);
  const states = chain.map((link, index) => {
    const following = chain[index + 1];
    const then = following === undefined ? end : { Next: `${stateName(app, following)}${suffix}` };
    const stepState = (step: string) => ({ [`${step}${suffix}`]: { ...makeState(step, app), ...then } });
    if (typeof link === 'string') return stepState(link);
    const { found, notFound } = link;
    return {
      [stateName(app, link)]: chooseWrite(found, notFound),
      ...stepState(notFound),
      ...stepState(found),
    };
  });
  return Object.assign({}, ...states);
}

function chooseWrite(found: string, notFound: string): State {
  return {
    Type: 'Choice',
    Choices: [{ Variable: '$.outcome.status', StringEquals: 'not_found', Next: notFound }],
    Default: found,
  };
}
