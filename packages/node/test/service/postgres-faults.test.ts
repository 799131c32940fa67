/**
 * @file The built service on a PostgreSQL that is restarted, and two of them on one.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ctFile } from "../pacs/memory-sink";
import { missingPostgres, type PostgresServer, startPostgres } from "../postgres-server";
import { LONG_S, ServiceScene } from "./service-scene";
import { until } from "./waiting";

const missing = missingPostgres();
const slices = (study: number, count: number, size = 64) =>
  Promise.all(Array.from({ length: count }, (_, i) => ctFile(i + 1, { study, size, series: 1 + (i % 2) })));

async function readiness(url: string): Promise<[status: number, database: boolean]> {
  const response = await fetch(`${url}/health/ready`);
  return [response.status, ((await response.json()) as { readonly database: boolean }).database];
}

describe.skipIf(missing !== undefined)(`with PostgreSQL${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let server: PostgresServer;
  let scene: ServiceScene;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(() => scene?.remove());
  afterAll(() => server?.remove());

  // A server that is given is not ours to stop.
  test.skipIf(process.env.FOVEA_TEST_DATABASE_URL !== undefined)(
    "a database that is restarted while images come and are analysed costs nothing that was acknowledged",
    async () => {
      scene = await ServiceScene.make({ databaseUrl: await server.database() });
      const service = await scene.started();
      expect(await readiness(service.url)).toEqual([200, true]);
      // Under analysis while the database goes.
      await scene.sendAll(service, await slices(1, 40, 256));
      await until(async () => ((await scene.detail(service, 1))?.findings.length ?? 0) > 0, LONG_S);
      server.power?.off();
      try {
        // Reception does not need it: what is durable in a file is acknowledged.
        const outcomes = await scene.send(service, await slices(2, 6));
        expect(outcomes.map(({ state }) => state)).toEqual(outcomes.map(() => "stored"));
        await until(async () => (await readiness(service.url))[0] === 503, LONG_S);
        expect(await readiness(service.url)).toEqual([503, false]);
      } finally {
        server.power?.on();
      }
      await until(async () => (await readiness(service.url))[0] === 200, LONG_S);
      await scene.delivered(service, 1, 2);
      expect(service.isRunning).toBe(true);
      expect(await scene.verdict()).toMatchObject({ images: 46, series: 4, faults: [] });
    },
    300_000,
  );

  test("two services on one record share the work: each image analysed once, each result sent once", async () => {
    scene = await ServiceScene.make({ databaseUrl: await server.database() });
    const both = await Promise.all([scene.service(), scene.service()]);
    await Promise.all(both.map((service) => scene.started(service)));
    const studies = [1, 2, 3, 4];
    await Promise.all(studies.map(async (study) => scene.sendAll(both[study % 2], await slices(study, 6))));
    // The same images come to the other one, too.
    await Promise.all(studies.map(async (study) => scene.send(both[(study + 1) % 2], await slices(study, 6))));
    await scene.delivered(both[0], ...studies);
    expect(await scene.verdict()).toMatchObject({ images: 24, series: 8, faults: [] });
  }, 300_000);
});
