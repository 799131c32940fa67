import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodedText } from "@fovea/core/dicom/deidentify/encode";
import { joined } from "@fovea/core/dicom/joined-bytes";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { register as group } from "../dicom";
import { failure } from "../failure";

let folder = "";
let printed = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-deidentify-cli-"));
  printed = "";
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true, force: true });
});

const at = (...parts: string[]) => join(folder, ...parts);

/** Exit code of `fovea dicom ...`; what it prints is collected. */
async function fovea(...args: string[]): Promise<number> {
  process.exitCode = undefined;
  const program = new Command().exitOverride();
  group(program);
  for (const one of program.commands[0].commands) one.exitOverride();
  try {
    await program.parseAsync(["dicom", ...args], { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const { message, exitCode } = failure(error);
    printed += `${message}\n`;
    return exitCode;
  }
}

const EXPLICIT = { explicit: true, bigEndian: false } as const;

/** A small file of Anna Miller; `Acme` is as long as `Anna`. */
async function scan(path: string, uid: string): Promise<void> {
  const prefix = new Uint8Array(132);
  prefix.set([0x44, 0x49, 0x43, 0x4d], 128);
  const text = (tag: number, vr: string, value: string) => encodedText(tag, vr, value, EXPLICIT);
  const elements = [
    text(0x00020010, "UI", "1.2.840.10008.1.2.1"),
    ...[text(0x00080018, "UI", uid), text(0x00080070, "LO", "Acme")],
    ...[text(0x00100010, "PN", "Miller^Anna"), text(0x00100020, "LO", "ID-4711")],
  ];
  await writeFile(path, joined([prefix, ...elements]));
}

async function scans(): Promise<void> {
  await mkdir(at("in"));
  await scan(at("in", "a.dcm"), "1.2.3.4");
  await scan(at("in", "b.dcm"), "1.2.3.5");
}

const deidentify = (...rest: string[]) =>
  fovea("deidentify", at("in"), "--out", at("out"), "--key-file", at("k.key"), ...rest);

test("copies two files that verify finds clean, and shows neither the key nor a value", async () => {
  await scans();
  expect(await deidentify("--new-key", "--json", at("run.json"), "--csv", at("run.csv"))).toBe(0);
  expect(await fovea("verify", at("in"), at("out"), "--json", at("leaks.json"))).toBe(0);
  expect(printed).toContain("nothing of the sources is left");
  const key = (await readFile(at("k.key"), "utf8")).trim();
  const files = ["run.json", "run.csv", "leaks.json", "out.report.jsonl", "out/a.dcm", "out/b.dcm"];
  const written = await Promise.all(files.map((name) => readFile(at(name), "latin1")));
  for (const text of [printed, ...written]) {
    expect(text).not.toContain(key);
    expect(text).not.toMatch(/Miller|Anna|ID-4711|1\.2\.3\.[45]/);
  }
  expect((await stat(at("k.key"))).mode & 0o077).toBe(0);
});

test("verify tells where a planted name stands, not the name, with exit code 1", async () => {
  await scans();
  await deidentify("--new-key");
  const copy = await readFile(at("out", "b.dcm"));
  copy.write("Anna", copy.indexOf("Acme"), "latin1");
  await writeFile(at("out", "b.dcm"), copy);
  expect(await fovea("verify", at("in"), at("out"))).toBe(1);
  expect(printed).toContain("b.dcm: (0008,0070): a name or a part of one, of PatientName");
  expect(printed).not.toContain("Anna");
});

test("a key file that is missing, too short or there already is an error, and nothing is written", async () => {
  await scans();
  expect(await deidentify()).toBe(1);
  expect(printed).toContain("k.key");
  await writeFile(at("k.key"), "short");
  expect(await deidentify()).toBe(2);
  expect(printed).toContain("a key of 5 bytes");
  expect(await deidentify("--new-key")).toBe(1);
  expect(await readFile(at("k.key"), "utf8")).toBe("short");
  expect(await readdir(folder)).toEqual(["in", "k.key"]);
});

test("goes on where it was, makes what is missing again, and refuses another key", async () => {
  await scans();
  await deidentify("--new-key");
  const before = await readFile(at("out", "b.dcm"));
  await rm(at("out", "b.dcm"));
  await scan(at("in", "c.dcm"), "1.2.3.6");
  expect(await deidentify()).toBe(0);
  expect(printed).toContain("2 files de-identified, 1 done before");
  expect((await readFile(at("out", "b.dcm"))).equals(before)).toBe(true);
  expect((await readdir(at("out"))).sort()).toEqual(["a.dcm", "b.dcm", "c.dcm"]);
  await writeFile(at("k.key"), "another key of some length");
  expect(await deidentify()).toBe(2);
  expect(printed).toContain("another key");
});

test("one broken file is told and does not end the batch; only broken ones are an error", async () => {
  await scans();
  const whole = await readFile(at("in", "a.dcm"));
  await writeFile(at("in", "a0.dcm"), whole.subarray(0, whole.length - 5));
  expect(await deidentify("--new-key", "--json", at("run.json"))).toBe(0);
  const { refusedFiles, done } = JSON.parse(await readFile(at("run.json"), "utf8"));
  expect([done, refusedFiles.map(({ source }: { source: string }) => source)]).toEqual([2, ["a0.dcm"]]);
  for (const name of ["a.dcm", "b.dcm"]) await rm(at("in", name));
  await rm(at("out"), { recursive: true });
  await rm(at("out.report.jsonl"));
  expect(await deidentify()).toBe(1);
});

test("never writes over its sources", async () => {
  await scans();
  const before = await readFile(at("in", "a.dcm"));
  const rest = ["--key-file", at("k.key"), "--new-key"];
  expect(await fovea("deidentify", at("in"), "--out", at("in"), ...rest)).toBe(2);
  expect(await fovea("deidentify", at("in", "a.dcm"), "--out", at("in"), ...rest)).toBe(2);
  expect((await readFile(at("in", "a.dcm"))).equals(before)).toBe(true);
  expect(await readdir(folder)).toEqual(["in"]);
});
