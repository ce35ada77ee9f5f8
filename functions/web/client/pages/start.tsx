import { keepKey, keySession, type Session } from '../base/session.ts';
import { TEXT } from '../base/strings.ts';
import { Heading } from '../parts/heading.tsx';

const { start: SAYS } = TEXT;

/** What a laptop's page shows without a key, or with one that is not valid any more. */
export function Start({ hasEnded, begin }: { hasEnded: boolean; begin: (session: Session | null) => void }) {
  const open = (event: Event) => {
    event.preventDefault();
    keepKey(String(new FormData(event.currentTarget as HTMLFormElement).get('key')).trim());
    begin(keySession());
  };
  return (
    <main class="start">
      <Heading text={SAYS.title} />
      <p role={hasEnded ? 'alert' : undefined}>{hasEnded ? SAYS.ended : SAYS.text}</p>
      <form class="actions" onSubmit={open}>
        <label for="key">{SAYS.key}</label>
        <input id="key" name="key" type="password" required autocomplete="off" />
        <button type="submit" class="primary">
          {SAYS.open}
        </button>
      </form>
    </main>
  );
}
