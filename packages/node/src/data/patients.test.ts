import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writePhantoms } from "../phantom/write-phantoms";
import { parsePatientTable, patientsOf } from "./patients";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-patients-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("patientsOf", () => {
  test("takes every image for itself", async () => {
    expect(await patientsOf(["/a/1.png", "/b/1.png"], { by: "image" })).toEqual(["/a/1.png", "/b/1.png"]);
  });

  test("reads names as people write them", async () => {
    const names = ["patient012_left.png", "Case-7.jpg", "ct_sub-A03_t1.png", "P0012.jpg", "x/patient 5/p5_1.png"];
    expect(await patientsOf(names, { by: "patient" })).toEqual(["12", "7", "a3", "12", "5"]);
  });

  test("goes by the word that says most, and takes 012 and 12 for one", async () => {
    const names = ["p1_patient012.png", "p2_patient12.png", "case3_p7.png", "scan_case 3.png"];
    expect(await patientsOf(names, { by: "patient" })).toEqual(["12", "12", "3", "3"]);
    await expect(patientsOf(["patient1_patient2.png"], { by: "patient" })).rejects.toThrow(/no patient found/);
  });

  test("goes by an expression: its group, or all of it", async () => {
    const files = ["/d/ab_1.png", "/d/cd_2.png"];
    expect(await patientsOf(files, { by: "^([a-z]+)_" })).toEqual(["ab", "cd"]);
    expect(await patientsOf(files, { by: "^[a-z]+" })).toEqual(["ab", "cd"]);
  });

  test("reads PatientID of DICOM files", async () => {
    await writePhantoms({ out: join(folder, "ph"), count: 2, size: 64, seed: 5 });
    const file = join(folder, "ph/images/train/phantom_0001.dcm");
    expect(await patientsOf([file], { by: "patient" })).toEqual(["PHANTOM-5-0001"]);
  });

  test("reads a table, with and without folders and endings", async () => {
    const table = join(folder, "who.csv");
    await writeFile(table, '\uFEFFImage;age;Patient\r\na.png;3;ann\r\nsub/b;4;"b;ob"\r\n\r\nc;5;cy\r\n');
    const files = ["/d/a.png", "/d/sub/b.png", "/d/c.dcm"];
    expect(await patientsOf(files, { by: "patient", table })).toEqual(["ann", "b;ob", "cy"]);
    await expect(patientsOf([...files, "/d/e.png"], { by: "patient", table })).rejects.toThrow(
      /no patient found of \/d\/e\.png; add them to the table/,
    );
  });

  test.each([
    ["patient", /no patient found of \/d\/scan1\.png and of 1 more; give --patients table\.csv/],
    ["^([0-9]+)_", /no patient found of \/d\/scan1\.png and of 1 more; mend the expression/],
    ["(", /by: \( is no regular expression; wanted image, patient, or/],
  ])("by %s refuses what it cannot find", async (by, message) => {
    await expect(patientsOf(["/d/scan1.png", "/d/scan2.png"], { by })).rejects.toThrow(message);
  });

  test("refuses a table that nobody would read", async () => {
    await expect(patientsOf(["a"], { by: "image", table: "x.csv" })).rejects.toThrow(/for --by patient only/);
  });
});

describe("parsePatientTable", () => {
  test.each([
    ["file,patient\na,b\n", "line 1", /expected image and patient among them/],
    ["image,patient\na,b\na,c\n", "line 3", /a is of patient b and of c/],
    ["image,patient\na\n", "line 2", /expected an image and its patient/],
    ["", "line 1", /expected image and patient/],
  ])("refuses %j", (text, at, message) => {
    expect(() => parsePatientTable(text, "who.csv")).toThrow(message);
    expect(() => parsePatientTable(text, "who.csv")).toThrow(
      expect.objectContaining({ place: { file: "who.csv", at } }),
    );
  });
});
