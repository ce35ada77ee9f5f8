/** The folder of a run's hand-over. A run that somebody starts by hand may have any name. */
export function journalFolder(run: string): string {
  return `hand-over/${encodeURIComponent(run).replaceAll(/[^\w-]/g, '_')}`;
}
