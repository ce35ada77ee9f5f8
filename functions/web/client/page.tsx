import { useEffect, useMemo, useState } from 'hono/jsx';
import { apiOf } from './base/api.ts';
import { hrefTo, type Route, routeOf } from './base/route.ts';
import { forgetKey, keySession, type Right, type Session, type ShellConfig } from './base/session.ts';
import { finishSignIn, isReturn } from './base/sign-in.ts';
import { TEXT } from './base/strings.ts';
import { Around } from './base/use.ts';
import { Findings } from './pages/findings.tsx';
import { FollowUps } from './pages/follow-ups.tsx';
import { OpenLoginsPage } from './pages/open-logins.tsx';
import { Overview } from './pages/overview.tsx';
import { Person } from './pages/person.tsx';
import { Run } from './pages/run.tsx';
import { Runs } from './pages/runs.tsx';
import { Settings } from './pages/settings.tsx';
import { Start } from './pages/start.tsx';
import { Heading } from './parts/heading.tsx';

/** Who uses the page: somebody, nobody yet or any more, or somebody who is on the way back from the issuer. */
type Visitor =
  | { is: 'signedIn'; session: Session }
  | { is: 'arriving' }
  | { is: 'nobody'; hasEnded: boolean; problem: string | null };

const nobody = (hasEnded: boolean, problem: string | null = null): Visitor => ({
  is: 'nobody',
  hasEnded,
  problem,
});

const visitorOf = (session: Session | null): Visitor =>
  session === null ? nobody(false) : { is: 'signedIn', session };

/** The whole page: what is asked for when nobody is signed in, and else what the address names. */
export function Page({ config }: { config: ShellConfig }) {
  const [visitor, setVisitor] = useState<Visitor>(() => {
    if (config.signIn === 'key') return visitorOf(keySession());
    return isReturn() ? { is: 'arriving' } : nobody(false);
  });
  useEffect(() => {
    if (config.signIn === 'key' || visitor.is !== 'arriving') return;
    finishSignIn(config).then(
      (session) => setVisitor(visitorOf(session)),
      (error: Error) => setVisitor(nobody(false, error.message)),
    );
  }, []);
  if (visitor.is === 'arriving') return <p class="loading">{TEXT.loading}</p>;
  if (visitor.is === 'nobody')
    return <Start config={config} {...visitor} begin={(session) => setVisitor(visitorOf(session))} />;
  const end = (hasEnded: boolean) => {
    forgetKey();
    setVisitor(nobody(hasEnded));
  };
  return <SignedIn session={visitor.session} end={end} machines={config.machines} />;
}

type SignedInProps = { session: Session; end: (hasEnded: boolean) => void; machines: string };

function SignedIn({ session, end, machines }: SignedInProps) {
  const route = useRoute();
  const [said, setSaid] = useState('');
  const api = useMemo(() => apiOf(session, () => end(true), TEXT.errors), [session]);
  const names = useMemo(() => new Map<string, string>(), [session]);
  const may = (right: Right) => session.rights.includes(right);
  return (
    <Around.Provider value={{ api, may, tell: setSaid, machines, names }}>
      <a class="skip" href="#content">
        {TEXT.skip}
      </a>
      <header>
        <a class="brand" href={hrefTo([])}>
          {TEXT.product}
        </a>
        <Navigation route={route} />
        {session.who === null ? null : (
          <span class="who">
            {TEXT.signedIn(session.who)}
            <button type="button" onClick={() => end(false)}>
              {TEXT.signOut}
            </button>
          </span>
        )}
      </header>
      <p class="said" role="status">
        {said}
      </p>
      <main id="content" tabindex={-1}>
        {may('read') ? <Content route={route} /> : <p class="note">{TEXT.signIn.noRights}</p>}
      </main>
    </Around.Provider>
  );
}

const PLACES = [
  ['', TEXT.nav.overview],
  ['runs', TEXT.nav.runs],
  ['follow-ups', TEXT.nav.followUps],
  ['findings', TEXT.nav.findings],
  ['settings', TEXT.nav.settings],
] as const;

function Navigation({ route }: { route: Route }) {
  const here = route.parts[0] ?? '';
  return (
    <nav aria-label={TEXT.nav.label}>
      <ul>
        {PLACES.map(([place, words]) => (
          <li>
            <a
              href={hrefTo(place === '' ? [] : [place])}
              {...(place === here ? { 'aria-current': 'page' } : {})}
            >
              {words}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** What the address names. */
export function Content({ route }: { route: Route }) {
  const [place, name] = route.parts;
  if (place === undefined) return <Overview />;
  if (place === 'runs' && name !== undefined) return <Run key={name} name={name} route={route} />;
  if (place === 'runs') return <Runs route={route} />;
  if (place === 'people' && name !== undefined) return <Person key={name} id={name} />;
  if (place === 'open-logins') return <OpenLoginsPage />;
  if (place === 'follow-ups') return <FollowUps route={route} />;
  if (place === 'findings') return <Findings route={route} />;
  if (place === 'settings') return <Settings />;
  return (
    <>
      <Heading text={TEXT.unknownPage.title} />
      <p>{TEXT.unknownPage.text}</p>
    </>
  );
}

/** Where the page is. */
function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const move = () => {
      // The way to the content is no place of its own.
      if (location.hash === '#content') document.getElementById('content')?.focus();
      else setHash(location.hash);
    };
    addEventListener('hashchange', move);
    // It may have changed since the page was drawn.
    move();
    return () => removeEventListener('hashchange', move);
  }, []);
  return routeOf(hash);
}
