import { Logger } from '@aws-lambda-powertools/logger';

/** The one logger; its level comes from POWERTOOLS_LOG_LEVEL. Log ids only: no token, no name, no address. */
export const logger = new Logger({ serviceName: 'tenure' });
