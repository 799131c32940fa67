import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { patientsOf } from "../data/patients";
import { writePhantoms } from "./write-phantoms";

test("patientsOf reads PatientID of DICOM files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fovea-phantom-patients-"));
  try {
    await writePhantoms({ out: join(folder, "ph"), count: 2, size: 64, seed: 5 });
    const file = join(folder, "ph/images/train/phantom_0001.dcm");
    expect(await patientsOf([file], { by: "patient" })).toEqual(["PHANTOM-5-0001"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
