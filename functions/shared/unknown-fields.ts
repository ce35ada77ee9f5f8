import * as z from 'zod/mini';
import { DETAILS } from './events.ts';
import { nearestName } from './nearest.ts';

/** A field that no schema names: where it is, and what was probably meant. */
export type UnknownField = { path: string[]; message: string };

// A name comes from outside, and goes into messages.
const LONGEST_NAME = 50;

/** The fields of an HR event's `detail` that tenure does not know; none where the kind of event is unknown. */
export function unknownFieldsOfEvent(event: unknown): UnknownField[] {
  const parsed = z.safeParse(
    z.object({ 'detail-type': z.keyof(z.object(DETAILS)), detail: z.unknown() }),
    event,
  );
  if (!parsed.success) return [];
  return unknownFields(DETAILS[parsed.data['detail-type']], parsed.data.detail, ['detail']);
}

/** The fields of a value, at any depth, that its schema does not know. */
export function unknownFields(schema: unknown, value: unknown, at: string[] = []): UnknownField[] {
  return unknownIn(schema, value, { at, elsewhere: namesIn(schema) });
}

/** @param place.elsewhere the paths of all that the outermost schema knows, by their last name. */
type Place = { at: string[]; elsewhere: ReadonlyMap<string, string> };

function unknownIn(schema: unknown, value: unknown, { at, elsewhere }: Place): UnknownField[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodMiniArray) {
    const items = Array.isArray(value) ? value : [];
    return items.flatMap((item, index) =>
      unknownIn(inner._zod.def.element, item, { at: [...at, String(index)], elsewhere }),
    );
  }
  if (!isClosedObject(inner) || typeof value !== 'object' || value === null) return [];
  const { shape } = inner._zod.def;
  return Object.entries(value).flatMap(([name, field]) => {
    const path = [...at, name.slice(0, LONGEST_NAME)];
    if (Object.hasOwn(shape, name)) return unknownIn(shape[name], field, { at: path, elsewhere });
    return [{ path, message: describe(path.at(-1) ?? '', Object.keys(shape), elsewhere) }];
  });
}

function describe(name: string, known: readonly string[], elsewhere: Place['elsewhere']): string {
  const near = nearestName(name, known) ?? elsewhere.get(nearestName(name, [...elsewhere.keys()]) ?? '');
  return near === undefined
    ? `is no field that tenure knows; expected ${known.join(', ')}`
    : `did you mean ${near}?`;
}

function namesIn(schema: unknown, at: readonly string[] = []): Map<string, string> {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodMiniArray) return namesIn(inner._zod.def.element, at);
  if (!isClosedObject(inner)) return new Map();
  const names = Object.entries(inner._zod.def.shape).map(
    ([name, field]) => new Map([...namesIn(field, [...at, name]), [name, [...at, name].join('.')]]),
  );
  return new Map(names.flatMap((each) => [...each]));
}

/** An object that says all its fields. */
function isClosedObject(schema: unknown): schema is z.ZodMiniObject {
  return schema instanceof z.ZodMiniObject && schema._zod.def.catchall === undefined;
}

function unwrapped(schema: unknown): unknown {
  const isWrapper =
    schema instanceof z.ZodMiniOptional ||
    schema instanceof z.ZodMiniNullable ||
    schema instanceof z.ZodMiniDefault;
  return isWrapper ? unwrapped(schema._zod.def.innerType) : schema;
}
