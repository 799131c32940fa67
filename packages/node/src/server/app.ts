/**
 * @file The HTTP service: every hook and every route, by name, in the order in which a request meets them.
 */
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import multipart from "@fastify/multipart";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify from "fastify";
import type { App, AppParts } from "./app-parts";
import { guardAccess } from "./auth/access";
import { DeniedAttempts } from "./auth/denied-attempts";
import { KeyLookup } from "./auth/key-lookup";
import { BatchWork } from "./batch-work";
import { answerErrors } from "./error-answers";
import { JobEvents } from "./job-events";
import { apiDescription } from "./open-api";
import { PictureThread } from "./pictures/picture-thread";
import { HttpProblem } from "./problem";
import { atRequestEnd } from "./request-end";
import { guardRequests } from "./request-guards";
import { analyzeBatchRoute } from "./routes/analyze-batch";
import { analyzeImageRoute } from "./routes/analyze-image";
import { auditRoute } from "./routes/audit";
import { deliveryRoutes } from "./routes/deliveries";
import { detectRoute } from "./routes/detect";
import { findingRoutes } from "./routes/findings";
import { healthRoutes } from "./routes/health";
import { heldRoutes } from "./routes/held";
import { instanceRoutes } from "./routes/instances";
import { jobRoutes } from "./routes/jobs";
import { keyRoutes } from "./routes/keys";
import { modelRoutes } from "./routes/models";
import { openApiRoute } from "./routes/open-api";
import { pacsRoutes } from "./routes/pacs";
import { pageRoutes } from "./routes/page";
import { reportRoute } from "./routes/report";
import { sessionRoute } from "./routes/session";
import { stowRoutes } from "./routes/stow";
import { studyRoutes } from "./routes/studies";
import { securityHeaders } from "./security-headers";
import { multipartLimits, rateLimits, serverOptions } from "./server-limits";
import { errorFacts, logRequest } from "./service-log";
import { UploadBudget } from "./upload-budget";

/** What the routes share beside the parts. */
export interface RouteParts extends AppParts {
  readonly budget: UploadBudget;
  readonly pictures: PictureThread;
  readonly keys: KeyLookup;
  readonly batchWork: BatchWork;
  readonly jobEvents: JobEvents;
}

/**
 * The service, ready to listen or to be asked by `inject`; jobs of batches are worked on from now on.
 *
 * Closing it ends streams, lets requests finish, and takes no more; what it was put together from is closed by whoever opened it.
 */
export async function buildApp(parts: AppParts): Promise<App> {
  const { config, store, metrics } = parts;
  const app: App = Fastify(await serverOptions(config, parts.log)).withTypeProvider<TypeBoxTypeProvider>();
  const keys = new KeyLookup((key) => store.apiKeys.check(key));
  const budget = new UploadBudget(2 * config.http.maxFileBytes);
  const shared: RouteParts = {
    ...parts,
    budget,
    keys,
    pictures: new PictureThread(),
    batchWork: new BatchWork(parts),
    jobEvents: new JobEvents(store.batchJobs),
  };

  answerErrors(app, () => parts.pool.load.retryAfterSeconds);
  atRequestEnd(app, (end) => {
    logRequest(app, end);
    metrics.answered(end.method, end.route ?? "none", end.status, end.ms / 1000);
  });
  await app.register(helmet, securityHeaders(config.http));
  app.addHook("onRequest", async (_request, reply) => void reply.header("Cache-Control", "no-store"));
  guardRequests(app, config.http);
  const { corsOrigins } = config.http;
  const denied = new DeniedAttempts((entry) => {
    store.audit
      .append(entry)
      .catch((error) => app.log.error(errorFacts(error), "a denied attempt is not in the audit log"));
  });
  guardAccess(app, { auth: config.auth, keys, denied });
  if (corsOrigins.length > 0) {
    await app.register(cors, { origin: [...corsOrigins], credentials: false, maxAge: 600, hook: "onRequest" });
  }
  await app.register(rateLimit, rateLimits(config.http));
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, () => {
    throw new HttpProblem(404);
  });
  await app.register(multipart, { limits: multipartLimits(config.http) });
  await app.register(swagger, apiDescription());

  healthRoutes(app, shared);
  sessionRoute(app, shared);
  openApiRoute(app);
  analyzeImageRoute(app, shared);
  analyzeBatchRoute(app, shared);
  detectRoute(app, shared);
  jobRoutes(app, shared);
  stowRoutes(app, shared);
  studyRoutes(app, shared);
  reportRoute(app, shared);
  instanceRoutes(app, shared);
  findingRoutes(app, shared);
  modelRoutes(app, shared);
  deliveryRoutes(app, shared);
  heldRoutes(app, shared);
  pacsRoutes(app, shared);
  keyRoutes(app, shared);
  auditRoute(app, shared);
  await pageRoutes(app, shared);

  app.addHook("preClose", async () => {
    // Else a connection whose last answer comes from now on would be waited for until its client has been silent for half a minute.
    app.server.keepAliveTimeout = 1;
    shared.jobEvents.close();
  });
  app.addHook("onClose", () => shared.pictures.close());
  await app.ready();
  await shared.batchWork.start();
  return app;
}
