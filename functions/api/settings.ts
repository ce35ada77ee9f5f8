import { Hono } from 'hono';
import { rateTable } from '../rate-limit/rate-table.ts';
import { coordinationTableFromEnvironment } from '../tables/coordination-table.ts';
import { asLambda } from './lambda-event.ts';
import { closeRoutes, logRequest } from './routes.ts';
import { routeSettings } from './settings-route.ts';
import { tagAnswers } from './tag-answers.ts';

const app = new Hono();
app.use(logRequest, tagAnswers);
routeSettings(app, rateTable(coordinationTableFromEnvironment()));
closeRoutes(app);

/**
 * The one route of the API that tells how tenure is set up. It is a Lambda of its own, because the policy and all that
 * describes the apps would make every other call's cold start longer.
 */
export const handler = asLambda(app);
