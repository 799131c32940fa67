import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyReply } from "fastify";
import { afterEach, expect, test } from "vitest";
import { answerTakesTime } from "./client-signal";

let server: Server;
afterEach(() => void server.close());

/** Answers after four times what a silent line is given. */
async function answer(prepare: (reply: Pick<FastifyReply, "raw">) => void): Promise<string> {
  server = createServer((_, raw) => {
    prepare({ raw });
    setTimeout(() => raw.end("found"), 400);
  });
  server.timeout = 100;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return fetch(`http://127.0.0.1:${port}`).then((one) => one.text());
}

test("a line that is silent too long is closed, but not while we work", async () => {
  await expect(answer(() => undefined)).rejects.toThrow();
  server.close();
  expect(await answer(answerTakesTime)).toBe("found");
});
