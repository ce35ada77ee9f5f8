import { useState } from 'hono/jsx';
import { Failure } from './states.tsx';

type Way = { label: string; tone?: 'danger'; send: (reason: string) => Promise<void> };

/** Asks for a reason and sends it one of some ways. */
export function ReasonForm({
  id,
  label,
  help,
  ways,
}: {
  id: string;
  label: string;
  help: string;
  ways: readonly Way[];
}) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const send = async (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const chosen = ways[Number(((event as SubmitEvent).submitter as HTMLButtonElement | null)?.value ?? 0)];
    setBusy(true);
    setError(null);
    try {
      await chosen?.send(String(new FormData(form).get('reason')));
    } catch (cause) {
      setError(cause as Error);
    }
    setBusy(false);
  };
  return (
    <form class="reason" onSubmit={send}>
      <label for={id}>{label}</label>
      <textarea id={id} name="reason" required maxlength={500} rows={2} aria-describedby={`${id}-help`} />
      <p class="hint" id={`${id}-help`}>
        {help}
      </p>
      <div class="actions">
        {ways.map((way, index) => (
          <button type="submit" value={index} class={way.tone ?? 'primary'} disabled={isBusy}>
            {way.label}
          </button>
        ))}
      </div>
      {error === null ? null : <Failure error={error} />}
    </form>
  );
}
