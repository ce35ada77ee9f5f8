import type { RunList } from '../../../api/schemas.ts';
import { APP_TITLES, APPS } from '../../../shared/apps.ts';
import { hrefTo, type Route } from '../base/route.ts';
import { TEXT } from '../base/strings.ts';
import { useRead } from '../base/use.ts';
import { Heading } from '../parts/heading.tsx';
import { Shown } from '../parts/states.tsx';
import { RunTable } from './run-table.tsx';

const { runs: SAYS } = TEXT;
const FILTERS = ['status', 'app', 'from', 'to', 'employeeId'] as const;
type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

/** The runs that the address asks for, a page at a time. */
export function Runs({ route }: { route: Route }) {
  const filters: Filters = Object.fromEntries(FILTERS.map((name) => [name, route.query.get(name) ?? '']));
  const cursor = route.query.get('cursor') ?? '';
  const asked = hrefTo(['runs'], { ...filters, cursor }).slice(1);
  const loaded = useRead<RunList>(asked, cursor === '' ? 5000 : undefined);
  return (
    <>
      <Heading text={SAYS.title} />
      <FilterForm filters={filters} />
      <Shown of={loaded}>{(list) => <RunPage list={list} filters={filters} cursor={cursor} />}</Shown>
    </>
  );
}

/** A page of the list, and the ways to the others. */
export function RunPage({ list, filters, cursor }: { list: RunList; filters: Filters; cursor: string }) {
  // For one person the API says the oldest first.
  const runs = list.runs.toSorted((one, other) => other.startedAt.localeCompare(one.startedAt));
  const hasMore = list.cursor !== undefined;
  return (
    <>
      {runs.length === 0 ? (
        <p class="empty">{hasMore ? SAYS.emptyPage : SAYS.empty}</p>
      ) : (
        <RunTable runs={runs} caption={SAYS.caption} />
      )}
      <p class="pager">
        {cursor === '' ? null : <a href={hrefTo(['runs'], filters)}>{SAYS.newest}</a>}
        {hasMore ? <a href={hrefTo(['runs'], { ...filters, cursor: list.cursor })}>{TEXT.more}</a> : null}
      </p>
    </>
  );
}

function FilterForm({ filters }: { filters: Filters }) {
  const show = (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    location.hash = hrefTo(
      ['runs'],
      Object.fromEntries(FILTERS.map((name) => [name, String(form.get(name) ?? '').trim()])),
    );
  };
  // A form of its own for each set of filters, so that its fields show them.
  return (
    <form class="filters" aria-label={SAYS.filters} onSubmit={show} key={JSON.stringify(filters)}>
      <Choice
        name="status"
        label={SAYS.status}
        chosen={filters.status}
        options={Object.entries(TEXT.runStatus)}
      />
      <Choice
        name="app"
        label={SAYS.app}
        chosen={filters.app}
        options={APPS.map((app) => [app, APP_TITLES[app]])}
      />
      <Field name="from" type="date" label={SAYS.from} value={filters.from} />
      <Field name="to" type="date" label={SAYS.to} value={filters.to} />
      <Field name="employeeId" type="text" label={SAYS.employeeId} value={filters.employeeId} />
      <div class="actions">
        <button type="submit" class="primary">
          {SAYS.apply}
        </button>
        <a href={hrefTo(['runs'])}>{SAYS.clear}</a>
      </div>
    </form>
  );
}

function Choice({
  name,
  label,
  chosen,
  options,
}: {
  name: string;
  label: string;
  chosen: string | undefined;
  options: [string, string][];
}) {
  return (
    <label>
      <span>{label}</span>
      <select name={name}>
        <option value="">{SAYS.any}</option>
        {options.map(([value, words]) => (
          <option value={value} selected={value === chosen}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Field({
  name,
  type,
  label,
  value,
}: {
  name: string;
  type: string;
  label: string;
  value: string | undefined;
}) {
  return (
    <label>
      <span>{label}</span>
      <input name={name} type={type} value={value ?? ''} autocomplete="off" />
    </label>
  );
}
