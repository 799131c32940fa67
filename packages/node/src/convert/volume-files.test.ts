import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import { convertTree } from "./convert-tree";
import { writeVolumes } from "./volume-files";

test("writeVolumes puts slices into order and keeps what the axes mean", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fovea-volumes-"));
  const out = join(folder, "out");
  // Two pixels a slice, at 5 mm and then at 0: the second file comes first.
  for (const [name, depth, value] of [
    ["a.dcm", 5, 10],
    ["b.dcm", 0, 20],
  ] as const) {
    const extra: TestElement[] = [
      [0x0020000e, "UI", "1.2.3"],
      [0x00200032, "DS", `0\\0\\${depth}`],
      [0x00200037, "DS", "1\\0\\0\\0\\1\\0"],
      [0x00280030, "DS", "0.5\\0.25"],
      [0x00281052, "DS", "-1024"],
      [0x00281053, "DS", "1"],
    ];
    writeFileSync(join(folder, name), dicomBytes(greyElements(1, 2, Uint8Array.of(value, 0, 0, 0), extra)));
  }
  const settings = { windows: [{ kind: "auto" }], format: "png", depth: 8, frames: "all", quality: 95 } as const;
  await convertTree({ inputs: [folder], out, settings, workers: 1 });
  const outcomes = await writeVolumes(join(out, "pictures.jsonl"), out);
  expect(outcomes).toEqual([
    { seriesInstanceUid: "1.2.3", stack: 1, slices: 2, file: "volumes/1.2.3_1.npy", problems: [] },
  ]);

  const array = readFileSync(join(out, "volumes/1.2.3_1.npy"));
  expect(array.toString("latin1")).toContain("'<f4', 'fortran_order': False, 'shape': (2, 1, 2)");
  expect([...new Float32Array(new Uint8Array(array.subarray(-16)).buffer)]).toEqual([-1004, -1024, -1014, -1024]);
  const meaning = JSON.parse(readFileSync(join(out, "volumes/1.2.3_1.json"), "utf8"));
  expect(meaning).toMatchObject({ shape: [2, 1, 2], sliceDistanceMm: 5 });
  expect(meaning.patientFromIndex).toEqual([
    [0.25, 0, 0, 0],
    [0, 0.5, 0, 0],
    [0, 0, 5, 0],
    [0, 0, 0, 1],
  ]);
  rmSync(folder, { recursive: true });
});
