import { beforeEach, expect, it } from 'vitest';
import { forgetNews, freshNews, positionsOf, withLaterNews } from '../../functions/runs/news.ts';
import type { Profile } from '../../functions/tables/identity-store.ts';
import type { OrderStore } from '../../functions/tables/order-store.ts';
import { memoryOrderStore } from './memory-order-store.ts';

const ID = 'E-1';
const at = (day: number) => ({ sequence: null, time: new Date(Date.UTC(2026, 0, day)).toISOString() });
const RUN = { workflow: 'update', name: 'update-1' } as const;

let store: OrderStore;

beforeEach(() => {
  store = memoryOrderStore();
});

it('counts each fact for itself: what was changed since is not news', () => {
  const newsAt = positionsOf({ title: 'Lead' }, at(5));
  expect(freshNews({ title: 'Rep', email: 'a@b.example' }, { newsAt }, at(3))).toEqual({
    email: 'a@b.example',
  });
  expect(freshNews({ title: 'Head' }, { newsAt }, at(6))).toEqual({ title: 'Head' });
});

it('a hire has the facts that were changed after it, and of the others its own', () => {
  const hire = { firstName: 'Ann', lastName: 'Lee', title: 'Rep' };
  const profile = { firstName: 'Anna', lastName: 'Olsen', title: 'Lead' } as Profile;
  const last = { eventId: 'e', position: at(2), request: '', run: RUN, rescinds: null };
  const newsAt = { lastName: at(3), title: at(1) };
  expect(withLaterNews(hire, { last, newsAt }, profile)).toEqual({ ...hire, lastName: 'Olsen' });
  expect(withLaterNews(hire, { last, newsAt }, null)).toEqual(hire);
});

it('is forgotten by the run that is the last change, and by no other', async () => {
  const seen = await store.read(ID);
  const update = { eventId: 'u', position: at(1), request: '', run: RUN, rescinds: null };
  await store.replace(ID, seen, { ...seen, update, news: { title: 'Lead', email: 'a@b.example' } });
  await forgetNews(store, ID, 'another');
  await forgetNews(store, ID, RUN.name, ['email']);
  expect((await store.read(ID)).news).toEqual({ title: 'Lead' });
  await forgetNews(store, ID, RUN.name);
  expect((await store.read(ID)).news).toEqual({});
});
