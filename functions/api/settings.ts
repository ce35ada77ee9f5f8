import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { rateTable } from '../rate-limit/rate-table.ts';
import { coordinationTableFromEnvironment } from '../tables/coordination-table.ts';
import { type HttpApiEvent, withEncodedPath } from './lambda-event.ts';
import { problemAnswer } from './problem.ts';
import { logRequest, noSuchRoute } from './routes.ts';
import { routeSettings } from './settings-route.ts';
import { tagAnswers } from './tag-answers.ts';

const app = new Hono();
app.use(logRequest, tagAnswers);
routeSettings(app, rateTable(coordinationTableFromEnvironment()));
app.notFound((context) => problemAnswer(noSuchRoute(app, context)));
app.onError(problemAnswer);

const handleRequest = handle(app);

/**
 * The one route of the API that tells how tenure is set up. It is a Lambda of its own, because the policy and all that
 * describes the apps would make every other call's cold start longer.
 */
export const handler = (event: HttpApiEvent) => handleRequest(withEncodedPath(event));
