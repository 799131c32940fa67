/**
 * @file DIMSE over TLS (PS3.15 B.12), with certificates made for the test by openssl.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dimsePeer } from "@fovea/node/pacs/dimse-peer";
import { startReceiver } from "@fovea/node/pacs/receiver";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ctFile, memorySink } from "./memory-sink";
import { receiverConfig } from "./receiver-config";

function opensslVersion(): string | undefined {
  try {
    return execFileSync("openssl", ["version"], { encoding: "utf8" });
  } catch {
    return undefined;
  }
}

const missing = opensslVersion() === undefined ? " (skipped: openssl is not installed)" : "";

describe.skipIf(missing !== "")(`DIMSE over TLS${missing}`, () => {
  let folder: string;
  const file = (name: string) => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "fovea-tls-"));
    for (const name of ["us", "stranger"]) {
      const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
      const options = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject];
      execFileSync("openssl", [...options, "-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)], {
        stdio: "ignore",
      });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const identity = (name: string) => ({ cert: file(`${name}.pem`), key: file(`${name}.key`) });
  const peerAt = (port: number, tls?: { ca?: string; cert?: string; key?: string }) =>
    dimsePeer(
      { name: "pacs", send: [], dimse: { host: "localhost", port, aeTitle: "FOVEA", callingAe: "TESTER", tls } },
      { times: { connectMs: 2000 } },
    );

  test("serves those who trust its certificate, and nobody in the clear", async () => {
    const sink = memorySink();
    const receiver = await startReceiver({ config: receiverConfig({ host: "localhost", tls: identity("us") }), sink });
    try {
      const object = await ctFile(1, { size: 600 });
      expect(await peerAt(receiver.port, { ca: file("us.pem") }).send([object])).toEqual([{ state: "stored" }]);
      expect(sink.kept.length).toBe(1);
      await expect(peerAt(receiver.port, { ca: file("stranger.pem") }).echo()).rejects.toMatchObject({
        code: "peer_unreachable",
      });
      await expect(peerAt(receiver.port).echo()).rejects.toMatchObject({ code: "peer_unreachable" });
    } finally {
      await receiver.close();
    }
  });

  test("with an authority, serves only those whom it has certified", async () => {
    const config = receiverConfig({ host: "localhost", tls: { ...identity("us"), ca: file("us.pem") } });
    const receiver = await startReceiver({ config, sink: memorySink() });
    try {
      const ca = file("us.pem");
      await peerAt(receiver.port, { ca, ...identity("us") }).echo();
      await expect(peerAt(receiver.port, { ca }).echo()).rejects.toMatchObject({ code: "peer_unreachable" });
      await expect(peerAt(receiver.port, { ca, ...identity("stranger") }).echo()).rejects.toMatchObject({
        code: "peer_unreachable",
      });
    } finally {
      await receiver.close();
    }
  });

  test("names the file that cannot be read", async () => {
    const config = receiverConfig({ tls: { cert: file("none.pem"), key: file("us.key") } });
    await expect(startReceiver({ config, sink: memorySink() })).rejects.toMatchObject({
      code: "invalid_config",
      message: expect.stringContaining("dimse.tls.cert"),
    });
  });
});
