import { TEXT } from '../base/strings.ts';

/** Facts side by side, each with what it is called; a dash stands for what is not there. */
export function Facts({ facts }: { facts: readonly (readonly [string, unknown])[] }) {
  return (
    <dl class="facts">
      {facts.map(([label, value]) => (
        <div>
          <dt>{label}</dt>
          <dd class="breaks">{(value as string) || TEXT.none}</dd>
        </div>
      ))}
    </dl>
  );
}
