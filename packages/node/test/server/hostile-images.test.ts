import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PoolMaterial, picture } from "../pool-material";
import { bearer, form, removeFolders, START_MS, startService, type TestService } from "./service";

let material: PoolMaterial;
let service: TestService;
beforeAll(async () => {
  material = await PoolMaterial.make();
  service = await startService({ realPool: await material.pool() });
}, START_MS);
afterAll(async () => {
  await service.close();
  await material.remove();
  removeFolders();
});

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  // Its sum is wrong; sizes are judged before sums.
  return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
}

/** A PNG of 60 bytes that says it has 60 000 x 60 000 pixels of three channels: 10 GiB. */
function imageBomb(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(60_000, 0);
  header.writeUInt32BE(60_000, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", Buffer.of(0x78, 0x9c)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function analyze(bytes: Uint8Array, url = "/analyze/image", name = "file") {
  const { payload, headers } = form({ name, filename: "Curie^Marie.png", bytes });
  return service.app.inject({ method: "POST", url, payload, headers: { ...headers, ...bearer(service.keys.system) } });
}

test.each([
  ["an image bomb", imageBomb()],
  ["a zip archive", Buffer.from("PK\x03\x04 and so on")],
  ["something zipped", gzipSync(Buffer.alloc(2 ** 20))],
  ["markup that would fetch something", Buffer.from('<svg xmlns="x"><image href="file:///etc/passwd"/></svg>')],
  ["nothing", Buffer.alloc(0)],
  ["DICOM that ends after its prefix", Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")])],
])("%s is refused as an image that cannot be read, by no name of its own", async (_, bytes) => {
  const answer = await analyze(bytes);
  expect([answer.statusCode, answer.json().code]).toEqual([422, expect.stringMatching(/^(invalid|unsupported)_/)]);
  expect(answer.body).not.toMatch(/Curie|passwd/);
});

test("the rest goes on: a good image after all of them, and beside one in a batch", async () => {
  const good = await picture();
  expect((await analyze(good)).json()).toMatchObject({ detection_count: 1, width: 64, height: 64 });
  const files = [good, imageBomb(), good].map((bytes, i) => ({ name: "files", filename: `${i}.png`, bytes }));
  const { payload, headers } = form(...files);
  const sent = { ...headers, ...bearer(service.keys.system) };
  const batch = await service.app.inject({ method: "POST", url: "/analyze/batch", payload, headers: sent });
  expect(batch.json()).toMatchObject({ total_images: 3, total_detections: 2 });
  expect(batch.json().results[1]).toMatchObject({ filename: "1.png", error: { code: "invalid_image" } });
});
