import type { App } from '../../functions/shared/apps.ts';
import type { ListAccounts } from '../../functions/vendor/account-list.ts';
import type { ClientOptions } from '../../functions/vendor/http.ts';

/** An app's client, as far as it lists accounts. */
export type AppClient = (options?: ClientOptions) => { listAccounts: ListAccounts };

/**
 * An app's client, which has the app's name. It is loaded when it is asked for, because it reads the environment that
 * the runtime has set; the other apps' stay out of memory.
 *
 * @throws Error when the app's `client.ts` exports no such function.
 */
export async function clientOf(app: App): Promise<AppClient> {
  const { [app]: client }: Partial<Record<App, AppClient>> = await import(`../../functions/${app}/client.ts`);
  if (client === undefined) throw new Error(`functions/${app}/client.ts exports no ${app}.`);
  return client;
}
