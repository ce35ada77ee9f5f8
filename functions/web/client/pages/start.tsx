import { useState } from 'hono/jsx';
import { keepKey, keySession, type Session, type ShellConfig } from '../base/session.ts';
import { signIn } from '../base/sign-in.ts';
import { TEXT } from '../base/strings.ts';
import { Heading } from '../parts/heading.tsx';

type StartProps = {
  config: ShellConfig;
  /** Whether there was a session, which is over. */
  hasEnded: boolean;
  /** Why signing in has not worked; null where it was not tried. */
  problem: string | null;
  begin: (session: Session | null) => void;
};

/** What the page shows to whom it does not know. */
export function Start({ config, ...props }: StartProps) {
  return (
    <main class="start">
      {config.signIn === 'key' ? <Key {...props} /> : <SignIn config={config} {...props} />}
    </main>
  );
}

function Key({ hasEnded, begin }: Omit<StartProps, 'config'>) {
  const { start: says } = TEXT;
  const open = (event: Event) => {
    event.preventDefault();
    keepKey(String(new FormData(event.currentTarget as HTMLFormElement).get('key')).trim());
    begin(keySession());
  };
  return (
    <>
      <Heading text={says.title} />
      <p role={hasEnded ? 'alert' : undefined}>{hasEnded ? says.ended : says.text}</p>
      <form class="actions" onSubmit={open}>
        <label for="key">{says.key}</label>
        <input id="key" name="key" type="password" required autocomplete="off" />
        <button type="submit" class="primary">
          {says.open}
        </button>
      </form>
    </>
  );
}

function SignIn({
  config,
  hasEnded,
  problem,
}: Omit<StartProps, 'begin' | 'config'> & { config: Extract<ShellConfig, { signIn: 'token' }> }) {
  const { signIn: says } = TEXT;
  const [isLeaving, setLeaving] = useState(false);
  const leave = () => {
    setLeaving(true);
    signIn(config, location.hash);
  };
  return (
    <>
      <Heading text={says.title} />
      <p role={hasEnded ? 'alert' : undefined}>{hasEnded ? says.ended : says.text}</p>
      {problem === null ? null : (
        <p class="note bad" role="alert">
          {says.failed(problem)}
        </p>
      )}
      <button type="button" class="primary" disabled={isLeaving} onClick={leave}>
        {says.button}
      </button>
    </>
  );
}
