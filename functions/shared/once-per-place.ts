const PLACE = /^AWS_(ENDPOINT_URL|ACCESS_KEY_ID|REGION)/;

/**
 * A maker of clients that makes one for everything in a Lambda, so that credentials are looked for once and connections
 * are kept. There is one for each set of places that the environment names: a process on a laptop has several, one
 * after the other.
 */
export function oncePerPlace<Client>(create: () => Client): () => Client {
  const clients = new Map<string, Client>();
  return () => {
    // Reading all variables of the environment is slow.
    const names = Object.keys(process.env).filter((name) => PLACE.test(name));
    const key = JSON.stringify(names.map((name) => [name, process.env[name]]));
    const client = clients.get(key) ?? create();
    clients.set(key, client);
    return client;
  };
}
