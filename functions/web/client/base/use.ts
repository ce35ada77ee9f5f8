import { createContext, useContext, useEffect, useState } from 'hono/jsx';
import type { Api } from './api.ts';
import { ApiError } from './api.ts';
import type { Right } from './session.ts';
import { TEXT } from './strings.ts';

/** What all parts of the page share. */
export type Surroundings = {
  api: Api;
  may: (right: Right) => boolean;
  /** Tells whoever uses the page what has happened. */
  tell: (text: string) => void;
  machines: string;
  /** Whose names were looked up, by employee id. */
  names: Map<string, string>;
};

export const Around = createContext<Surroundings | null>(null);

/** @throws Error outside of the page. */
export function useSurroundings(): Surroundings {
  const around = useContext(Around);
  if (around === null) throw new Error('The page has no surroundings.');
  return around;
}

/** The answer to a GET of the API, as `useLoaded` gives it; another `round` asks for it anew. */
export function useRead<T>(path: string, everyMs?: number, round = 0): Loaded<T> {
  const { api } = useSurroundings();
  return useLoaded(path, () => api.read<T>(path), everyMs, round);
}

export type Loaded<T> =
  | { state: 'loading' }
  | { state: 'failed'; error: Error; again: () => void }
  /** `stale` is why the last look failed, where what is shown is older. */
  | { state: 'ready'; data: T; stale: Error | null; again: () => void };

/**
 * What `load` gives, as often as it is asked for.
 *
 * @param key when this changes, it is loaded anew.
 * @param everyMs how often it is loaded again while somebody looks; once without it.
 * @param moment when this changes, it is loaded again at once.
 */
export function useLoaded<T>(key: string, load: () => Promise<T>, everyMs?: number, moment = 0): Loaded<T> {
  const [kept, setKept] = useState<{ key: string; loaded: Loaded<T> }>({
    key,
    loaded: { state: 'loading' },
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => setRound((number) => number + 1);
    const look = async () => {
      try {
        const data = await load();
        if (isOver) return;
        setKept((before) => {
          const { loaded } = before;
          const isSame =
            before.key === key && loaded.state === 'ready' && loaded.data === data && loaded.stale === null;
          return isSame ? before : { key, loaded: { state: 'ready', data, stale: null, again } };
        });
      } catch (cause) {
        const error = cause instanceof Error ? cause : new Error(TEXT.errors.unknown);
        if (isOver) return;
        setKept((before) =>
          before.key === key && before.loaded.state === 'ready'
            ? { key, loaded: { ...before.loaded, stale: error } }
            : { key, loaded: { state: 'failed', error, again } },
        );
      }
      if (everyMs !== undefined && !isOver) timer = setTimeout(lookIfSeen, everyMs);
    };
    const lookIfSeen = () => {
      if (document.visibilityState === 'visible') look();
      else document.addEventListener('visibilitychange', lookIfSeen, { once: true });
    };
    look();
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', lookIfSeen);
    };
  }, [key, round, moment]);
  return kept.key === key ? kept.loaded : { state: 'loading' };
}

/** Whether the API knows nothing by that name. */
export function isNotFound(error: Error): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** The sentence for what went wrong. */
export function sentenceOf(error: Error): string {
  if (!(error instanceof ApiError)) return error.message;
  const fields = error.fields.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return fields === '' ? error.message : `${error.message} ${fields}`;
}
