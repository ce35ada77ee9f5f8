import { useEffect, useMemo, useState } from 'hono/jsx';
import { apiOf } from './base/api.ts';
import { hrefTo, type Route, routeOf } from './base/route.ts';
import { forgetKey, keySession, type Right, type Session, type ShellConfig } from './base/session.ts';
import { TEXT } from './base/strings.ts';
import { Around } from './base/use.ts';
import { Overview } from './pages/overview.tsx';
import { Run } from './pages/run.tsx';
import { Runs } from './pages/runs.tsx';
import { Start } from './pages/start.tsx';
import { Heading } from './parts/heading.tsx';

/** The whole page: what is asked for when nobody is signed in, and else what the address names. */
export function Page({ config }: { config: ShellConfig }) {
  const [session, setSession] = useState<Session | null>(keySession);
  const [hasEnded, setEnded] = useState(false);
  if (session === null) return <Start hasEnded={hasEnded} begin={setSession} />;
  const end = () => {
    forgetKey();
    setEnded(true);
    setSession(null);
  };
  return <SignedIn session={session} end={end} machines={config.machines} />;
}

function SignedIn({ session, end, machines }: { session: Session; end: () => void; machines: string }) {
  const route = useRoute();
  const [said, setSaid] = useState('');
  const api = useMemo(() => apiOf(session, end, TEXT.errors), [session]);
  const may = (right: Right) => session.rights.includes(right);
  return (
    <Around.Provider value={{ api, may, tell: setSaid, machines }}>
      <a class="skip" href="#content">
        {TEXT.skip}
      </a>
      <header>
        <a class="brand" href={hrefTo([])}>
          {TEXT.product}
        </a>
        <Navigation route={route} />
        {session.who === null ? null : <span class="who">{TEXT.signedIn(session.who)}</span>}
      </header>
      <p class="said" role="status">
        {said}
      </p>
      <main id="content" tabindex={-1}>
        <Content route={route} />
      </main>
    </Around.Provider>
  );
}

const PLACES = [
  ['', TEXT.nav.overview],
  ['runs', TEXT.nav.runs],
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
      if (location.hash === '#content') return document.getElementById('content')?.focus();
      return setHash(location.hash);
    };
    addEventListener('hashchange', move);
    return () => removeEventListener('hashchange', move);
  }, []);
  return routeOf(hash);
}
