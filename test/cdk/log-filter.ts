import * as z from 'zod/mini';

/**
 * Whether a CloudWatch filter pattern for JSON matches a log line, as far as cdk/alarms.ts uses such patterns:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
 */
export function filterMatches(pattern: string, line: unknown): boolean {
  const tokens = [...pattern.matchAll(/\$[\w.]+|!=|=|&&|\|\||[(){}]|"[^"]*"/g)].map(([token]) => token);
  const next = () => z.string().parse(tokens.shift());

  const comparison = (): boolean => {
    const field = next();
    if (field === '(') return closed(anyOf());
    const operator = next();
    const isEqual = isLike(valueAt(line, field), next().slice(1, -1));
    return operator === '=' ? isEqual : !isEqual;
  };
  const allOf = (): boolean => {
    let matches = comparison();
    while (tokens[0] === '&&') {
      tokens.shift();
      matches = comparison() && matches;
    }
    return matches;
  };
  const anyOf = (): boolean => {
    let matches = allOf();
    while (tokens[0] === '||') {
      tokens.shift();
      matches = allOf() || matches;
    }
    return matches;
  };
  const closed = (matches: boolean): boolean => {
    next();
    return matches;
  };

  next();
  return closed(anyOf());
}

function valueAt(line: unknown, path: string): unknown {
  const keys = path.split('.').slice(1);
  return keys.reduce<unknown>(
    (value, key) => z.safeParse(z.record(z.string(), z.unknown()), value).data?.[key],
    line,
  );
}

function isLike(value: unknown, text: string): boolean {
  if (typeof value !== 'string') return false;
  const parts = text.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(value);
}
