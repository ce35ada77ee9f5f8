import { Hono } from 'hono';
import { erase } from '../erasure/erase.ts';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { erasureStoreFromEnvironment } from '../tables/erasure-store.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { orderStoreFromEnvironment } from '../tables/order-store.ts';
import { routeErasure } from './erasure-route.ts';
import { asLambda } from './lambda-event.ts';
import { closeRoutes, logRequest } from './routes.ts';

// API Gateway waits 30 seconds at the most: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const LONGEST_MS = 20_000;

const sources = {
  order: orderStoreFromEnvironment(),
  store: identityStoreFromEnvironment(),
  erasures: erasureStoreFromEnvironment(),
  files: [fileStoreFromEnvironment()],
};

const app = new Hono();
app.use(logRequest);
routeErasure(app, (employeeId) => {
  const begunAt = performance.now();
  return erase({ ...sources, isOver: () => performance.now() - begunAt > LONGEST_MS }, employeeId);
});
closeRoutes(app);

/** The one route of the API that removes people. It is a Lambda of its own, because no other may do what it does. */
export const handler = asLambda(app);
