/**
 * @file The built service while things around it fail: a PACS that is away, images that no decoder survives, an end in between.
 */
import { fileHeader } from "@fovea/node/pacs/part10";
import type { OutgoingObject } from "@fovea/node/pacs/peer";
import { afterEach, expect, test } from "vitest";
import { dicomBytes, encapsulatedPixelData, greyElements } from "../../../core/test/dicom-bytes";
import { CT_CLASS, ctFile } from "../pacs/memory-sink";
import { LONG_S, ServiceScene, studyUid } from "./service-scene";
import { until } from "./waiting";

let scene: ServiceScene;
afterEach(() => scene?.remove());

const slices = (study: number, count: number, size = 64) =>
  Promise.all(Array.from({ length: count }, (_, i) => ctFile(i + 1, { study, size })));

const JPEG_2000 = "1.2.840.10008.1.2.4.90";

/** Instance `n` of a study that `ctFile` makes, with pixels of our own. */
function poisoned(n: number, study: number, behind: Uint8Array, transferSyntaxUid: string): OutgoingObject {
  const sopUid = `${studyUid(study)}.1.${n}`;
  const elements = greyElements(64, 64, new Uint8Array(), [
    [0x00080016, "UI", CT_CLASS],
    [0x00080018, "UI", sopUid],
    [0x00080060, "CS", "CT"],
    [0x00100010, "PN", "Test^Case"],
    [0x00100020, "LO", `P${study}`],
    [0x0020000d, "UI", studyUid(study)],
    [0x0020000e, "UI", `${studyUid(study)}.1`],
    [0x00200013, "IS", String(n)],
  ]);
  const body = dicomBytes(elements.slice(0, -1), { header: false, transferSyntax: transferSyntaxUid });
  const meta = { sopUid, sopClassUid: CT_CLASS, transferSyntaxUid };
  return { ...meta, bytes: Buffer.concat([fileHeader(meta), body, behind]) };
}

/** A JPEG 2000 codestream (ISO/IEC 15444-1 annex A) of 64 x 64 px whose one tile holds noise, and has no end. */
function noiseCodestream(): Uint8Array {
  const words = (...values: number[]) => values.flatMap((value) => [value >>> 8, value & 255]);
  const noise = Uint8Array.from({ length: 400 }, (_, i) => (i * 89 + (i >> 3) * 57) & 0x7f);
  return Uint8Array.from([
    ...words(0xff4f),
    // SIZ: image and tile of 64 x 64, one component of 16 bits.
    ...words(0xff51, 41, 0, 0, 64, 0, 64, 0, 0, 0, 0, 0, 64, 0, 64, 0, 0, 0, 0, 1),
    ...[15, 1, 1],
    // COD: one layer, five decompositions, blocks of 64 x 64, reversible.
    ...words(0xff52, 12),
    ...[0, 0, 0, 1, 0, 5, 4, 4, 0, 1],
    // QCD: no quantisation, 16 subbands.
    ...words(0xff5c, 19),
    ...[0x40, ...new Array(16).fill(0x80)],
    // SOT of a tile part whose length says that it goes on to the end, SOD.
    ...words(0xff90, 10, 0, 0, 0),
    ...[0, 1],
    ...words(0xff93),
    ...noise,
  ]);
}

/** Seven hundred thousand private elements without a value: 6 MB of file, far more as objects. */
function manyElements(): Uint8Array {
  const count = 700_000;
  const bytes = Buffer.alloc(8 * count);
  for (let i = 0; i < count; i++) {
    bytes.writeUInt16LE(0x3001 + 2 * (i >>> 16), 8 * i);
    bytes.writeUInt16LE(i & 0xffff, 8 * i + 2);
    bytes.write("LO", 8 * i + 4);
  }
  const pixels = dicomBytes([[0x7fe00010, "OW", new Uint8Array(2 * 64 * 64)]], { header: false });
  return Buffer.concat([bytes, pixels]);
}

test("while the PACS is away results wait, and arrive once when it is back", async () => {
  scene = await ServiceScene.make();
  await scene.archiveGoes();
  const service = await scene.started();
  await scene.sendAll(service, await slices(1, 3));
  // It has tried more than once, and failed.
  await until(async () => {
    const deliveries = (await scene.detail(service, 1))?.deliveries ?? [];
    return deliveries.length > 0 && deliveries.every(({ state, attempts }) => state !== "sent" && attempts > 1);
  }, LONG_S);
  // A kill in between changes nothing.
  await service.kill();
  await scene.archiveComes();
  await scene.started(service);
  await scene.sendAll(service, await slices(2, 2));
  await scene.delivered(service, 1, 2);
  expect(await scene.verdict()).toMatchObject({ images: 5, series: 2, faults: [] });
}, 300_000);

test("images that no decoder survives fail alone: the rest of the series is analysed, and the report says what is missing", async () => {
  scene = await ServiceScene.make();
  const service = await scene.started();
  const files = [...(await slices(1, 5))];
  files[1] = poisoned(2, 1, encapsulatedPixelData([noiseCodestream()]), JPEG_2000);
  files[3] = poisoned(4, 1, manyElements(), "1.2.840.10008.1.2.1");
  await scene.sendAll(service, files);
  await scene.delivered(service, 1);
  const detail = await scene.detail(service, 1);
  expect(detail?.series[0].reason).toMatch(/^2 of 5 images could not be analysed; the first: \w+: /);
  const sops = detail?.findings.map(({ sop_uid }) => sop_uid).sort();
  expect(sops).toEqual([1, 3, 5].map((n) => `${studyUid(1)}.1.${n}`));
  // PS3.3 C.17.2: CompletionFlag (0040,A491) of the report, in explicit VR.
  const report = [...scene.archive.stored.values()].find(({ sopClassUid }) => /\.88\.\d+$/.test(sopClassUid));
  const flag = Buffer.from("400091a4", "hex");
  const at = report?.dataSet.indexOf(flag) ?? -1;
  expect(
    report?.dataSet
      .subarray(at + 8, at + 16)
      .toString("latin1")
      .trim(),
  ).toBe("PARTIAL");
  expect(await scene.verdict(new Set([2, 4].map((n) => files[n - 1].sopUid)))).toMatchObject({ images: 5, faults: [] });
}, 300_000);

test("asked to end in the middle of a series it ends in good order, and goes on where it was at the next start", async () => {
  scene = await ServiceScene.make();
  const service = await scene.started();
  await scene.sendAll(service, await slices(1, 60, 256));
  await until(async () => ((await scene.detail(service, 1))?.findings.length ?? 0) > 0, LONG_S);
  expect(await service.stop()).toBe(0);
  await scene.started(service);
  await scene.delivered(service, 1);
  expect(await scene.verdict()).toMatchObject({ images: 60, series: 1, faults: [] });
}, 300_000);
