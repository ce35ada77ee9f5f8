/**
 * What the bundles have in the place of `@aws-sdk/middleware-endpoint-discovery`. DynamoDB's client sets it up and adds
 * it to no call, and its cache is 10 kB.
 */
export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;

export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};
