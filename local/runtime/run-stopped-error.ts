/** The run was stopped before its end, and has no report. */
export class RunStoppedError extends Error {
  override readonly name = 'RunStoppedError';
}
