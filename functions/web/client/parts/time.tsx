import { TEXT } from '../base/strings.ts';

const SHOWN = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** An instant in the zone of whoever looks. */
export function localTime(iso: string): string {
  return SHOWN.format(new Date(iso));
}

/** An instant in UTC, to the second. */
export function utcTime(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** An instant in the zone of whoever looks, and in UTC when it is pointed at. */
export function Time({ at }: { at: string | null | undefined }) {
  if (at === null || at === undefined) return <span>{TEXT.none}</span>;
  return (
    <time datetime={at} title={utcTime(at)}>
      {localTime(at)}
    </time>
  );
}
