import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * What the bundles have in the place of `@aws-sdk/credential-provider-node`. Lambda hands a function's credentials over
 * in its environment; the rest of that chain (SSO, STS, files, metadata of machines) is a third of a bundle and of its
 * import. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export const defaultProvider = fromEnv;
