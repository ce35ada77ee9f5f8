/**
 * Goes on step by step until everything is done or the time is over. An error after at least one step only ends it
 * there, so that what is done is not done again; whoever goes on from that place meets the error at the first step.
 *
 * @param longestMs when no further step is begun; the first one always is.
 * @throws what `step` throws, when it is the first.
 */
export async function advance<Place extends { status: string }>(parts: {
  from: Place;
  step: (place: Place) => Promise<Place>;
  longestMs: number;
  now: () => number;
}): Promise<Place> {
  const { from, step, longestMs, now } = parts;
  const startedAt = now();
  let place = from;
  while (place.status === 'more' && (place === from || now() - startedAt < longestMs)) {
    try {
      place = await step(place);
    } catch (error) {
      if (place === from) throw error;
      return place;
    }
  }
  return place;
}
