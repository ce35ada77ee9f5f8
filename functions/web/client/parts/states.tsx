import type { Child } from 'hono/jsx';
import { TEXT } from '../base/strings.ts';
import { type Loaded, sentenceOf } from '../base/use.ts';

/** What is loaded, or why it is not there. */
export function Shown<T>({ of, children }: { of: Loaded<T>; children: (data: T) => Child }) {
  if (of.state === 'loading') return <p class="loading">{TEXT.loading}</p>;
  if (of.state === 'failed') return <Failure error={of.error} again={of.again} />;
  return (
    <>
      {of.stale === null ? null : <Failure error={of.stale} again={of.again} title={TEXT.errors.stale} />}
      {children(of.data)}
    </>
  );
}

/** What went wrong, and a way to try it again. */
export function Failure({ error, again, title }: { error: Error; again?: () => void; title?: string }) {
  return (
    <div class="note bad" role="alert">
      <strong>{title ?? TEXT.errors.title}</strong>
      <p>{sentenceOf(error)}</p>
      {again === undefined ? null : (
        <button type="button" onClick={again}>
          {TEXT.tryAgain}
        </button>
      )}
    </div>
  );
}

/** The look of a status: how it stands, beside its words. */
export type Tone = 'good' | 'bad' | 'warn' | 'live' | 'calm';

const TONES: Record<string, Tone> = {
  complete: 'good',
  done: 'good',
  changed: 'good',
  invited: 'good',
  already_done: 'good',
  found: 'good',
  not_found: 'calm',
  not_needed: 'calm',
  partial: 'warn',
  shut: 'warn',
  incomplete: 'warn',
  held: 'warn',
  retrying: 'warn',
  trying: 'bad',
  failed: 'bad',
  expired: 'bad',
  unknown_person: 'bad',
  running: 'live',
  waiting: 'live',
};

export function toneOf(status: string): Tone {
  return TONES[status] ?? 'calm';
}

/** A status in words, with a mark of its tone. */
export function Status({ of, words }: { of: string; words: string }) {
  return <span class={`status ${toneOf(of)}`}>{words}</span>;
}
