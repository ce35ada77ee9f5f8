import { useEffect } from 'hono/jsx';
import { TEXT } from '../base/strings.ts';

let isFirst = true;

/** A place's heading, which is its title too. Whoever moves to the place reads on from here. */
export function Heading({ text }: { text: string }) {
  useEffect(() => {
    document.title = TEXT.title(text);
    if (!isFirst) document.querySelector('h1')?.focus();
    isFirst = false;
  }, [text]);
  return <h1 tabindex={-1}>{text}</h1>;
}
