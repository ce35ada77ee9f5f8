import conditions, { type Context, type Parser } from 'dynalite/db/conditionParser.js';
import updates from 'dynalite/db/updateParser.js';

// dynalite parses the expressions of each request anew, which is most of what it spends on a write. Ours are the same
// few each time, with other values: what they were parsed to is kept, and the values of the request are put in.

type Values = Record<string, object>;
type Known = { tree: unknown; unusedNames: string[]; unusedValues: string[] };

/** Where a value of the request belongs in a tree that is kept. */
class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

function rememberExpressions(parser: Parser): void {
  const { parse } = parser;
  const known = new Map<string, Known>();
  parser.parse = (text, options) => {
    const { context } = options;
    // A range is refused by its values: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
    if (/between/i.test(text)) return parse(text, options);
    const key = keyOf(text, context);
    const kept = known.get(key);
    if (kept === undefined) {
      const tree = parse(text, options);
      known.set(key, {
        tree: withPlaces(tree, context.attrVals ?? {}),
        unusedNames: Object.keys(context.unusedAttrNames),
        unusedValues: Object.keys(context.unusedAttrVals),
      });
      return tree;
    }
    keepOnly(context.unusedAttrNames, kept.unusedNames);
    keepOnly(context.unusedAttrVals, kept.unusedValues);
    return withValues(kept.tree, context.attrVals ?? {});
  };
}

/** The same for requests that differ in their values only, and whose values have the same types. */
function keyOf(
  text: string,
  { attrNames, attrVals = {}, unusedAttrNames, unusedAttrVals, isKeyCondition }: Context,
): string {
  const types = Object.entries(attrVals).map(([name, value]) => [name, Object.keys(value)[0]]);
  const unused = [Object.keys(unusedAttrNames), Object.keys(unusedAttrVals)];
  return JSON.stringify([text, attrNames, types, unused, isKeyCondition]);
}

function withPlaces(tree: unknown, values: Values): unknown {
  const places = new Map<unknown, Place>(
    Object.entries(values).map(([name, value]) => [value, new Place(name)]),
  );
  return copyOf(tree, (node) => places.get(node));
}

const withValues = (tree: unknown, values: Values): unknown =>
  copyOf(tree, (node) => (node instanceof Place ? values[node.name] : undefined));

/** A copy, which dynalite changes while it works on it, with something else where `instead` says so. */
function copyOf(node: unknown, instead: (node: object) => object | undefined): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const other = instead(node);
  if (other !== undefined) return other;
  if (Array.isArray(node)) return node.map((child) => copyOf(child, instead));
  return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, copyOf(child, instead)]));
}

function keepOnly(unused: object, names: string[]): void {
  for (const name of Object.keys(unused)) if (!names.includes(name)) Reflect.deleteProperty(unused, name);
}

rememberExpressions(conditions);
rememberExpressions(updates);
