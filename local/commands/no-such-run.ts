/** That a run was asked for by a name that none has. */
export function noSuchRun(name: string): string {
  return `There is no run ${JSON.stringify(name)}. npm start -- runs lists all.`;
}
