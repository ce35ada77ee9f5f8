const PLACE = [
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_DYNAMODB',
  'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  'AWS_ENDPOINT_URL_SFN',
];

/**
 * A maker of clients that makes one for everything in a Lambda, so that credentials are looked for once and connections
 * are kept. There is one for each set of places that the environment names: a process on a laptop has several, one
 * after the other.
 */
export function oncePerPlace<Client>(create: () => Client): () => Client {
  const clients = new Map<string, Client>();
  return () => {
    const key = JSON.stringify(PLACE.map((name) => process.env[name]));
    const client = clients.get(key) ?? create();
    clients.set(key, client);
    return client;
  };
}
