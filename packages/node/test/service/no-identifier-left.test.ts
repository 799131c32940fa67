/**
 * @file A full run of the built service, after which every patient identifier that went in is searched for: in all that it said at
 * its most talkative, in every file that it left, in the audit log.
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brightDetector } from "../bright-detector";
import { copyEmptyDatabase } from "../empty-database";
import { FullRun } from "./full-run";
import { APOLONIA, filesBelow, foundIn, studyOf, writingsOf, XIAODONG, XIAODONG_AS_GB } from "./identifiers";
import { Served } from "./served";
import { until } from "./waiting";
import { openWebArchive, type WebArchive } from "./web-archive";

const PATIENTS = [APOLONIA, XIAODONG, XIAODONG_AS_GB];
const IDENTIFIERS = PATIENTS.flatMap(({ identifiers }) => identifiers);
/** Of what comes in by upload too, so that images of one study are told from another. */
const UIDS = PATIENTS.map(studyOf);

let root: string;
let archive: WebArchive;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "fovea-identifiers-"));
  archive = await openWebArchive(() => 0);
  writeFileSync(join(root, "bright.onnx"), brightDetector());
});
afterAll(async () => {
  await archive.close();
  rmSync(root, { recursive: true, force: true });
});

interface Ran {
  readonly run: FullRun;
  /** All that both starts of the service said. */
  readonly log: string;
  readonly audit: string;
  /** Data and temporary files, while it runs, after it was killed, after it ended. */
  readonly files: readonly Map<string, Buffer>[];
  readonly folder: string;
}

async function ran(name: string, yaml: string): Promise<Ran> {
  const folder = join(root, name);
  const [data, temporary] = [join(folder, "data"), join(folder, "temporary")];
  mkdirSync(temporary, { recursive: true });
  await copyEmptyDatabase(data);
  writeFileSync(
    join(folder, "fovea.yaml"),
    `data_dir: ${data}
http: {port: 0, batch_job_above: 2, keep_uploads: all}
dimse: {port: 0, allowed_ae_titles: [CT1]}
models: [{file: ${join(root, "bright.onnx")}}]
completeness: {quiet: 500ms}
destinations:
  - {name: archive, send: [sr, sc, gsps], dicom_web: {url: "${archive.url}"}}
  - {name: away, send: [sr], dimse: {host: 127.0.0.1, port: 9, ae_title: NOBODY}}
${yaml}`,
  );
  const lines: string[] = [];
  const environment = { TMPDIR: temporary, DATABASE_URL: "", FOVEA_KEY: "", FOVEA_DATA_DIR: "" };
  const start = async () => {
    const served = new Served(["--config", join(folder, "fovea.yaml"), "--log", "debug"], {
      environment,
      hear: (line) => void lines.push(line),
    });
    await served.start();
    expect(served.isRunning, served.complaint).toBe(true);
    return served;
  };
  const first = await start();
  const adminKey = first.said(/^Key +(fovea_\S+)/) ?? "";
  const dimsePort = Number(first.said(/^DICOM .* port (\d+)/));
  const run = new FullRun({ url: first.url, dimsePort, adminKey });
  await run.store();
  await run.stow();
  await run.upload();
  await run.read();
  await run.err();
  const files = [filesBelow(folder)];
  await first.kill();
  files.push(filesBelow(folder));
  const second = await start();
  const after = new FullRun({ url: second.url, dimsePort, adminKey });
  await until(async () => (await after.ask("ready", "/health/ready")).status === 200, 60);
  const audit = await (await after.ask("audit", "/audit?limit=1000")).text();
  expect(await second.stop()).toBe(0);
  files.push(filesBelow(folder));
  return { run, log: lines.join("\n"), audit, files, folder };
}

describe.each([
  ["as images come", ""],
  ["with identifiers taken out on arrival", "deidentify_on_arrival: true"],
])("a full run, %s", (_, yaml) => {
  let it: Ran;
  beforeAll(async () => {
    it = await ran(yaml === "" ? "plain" : "deidentified", yaml);
  }, 400_000);

  test("did what a day brings, the good and the bad", () => {
    expect(it.run.statuses).toMatchObject({
      ...{ stored: 7, mismatched: 0, strangers: 0, STOW: 200, "STOW of no DICOM": 409 },
      ...{ picture: 200, DICOM: 200, report: 200, "small batch": 200, job: 202, "job results": 200 },
      ...{ "cut picture": 422, "cut DICOM": 422, "misplaced name": 422, "another field": 400, "half a form": 400 },
      ...{ address: 400, "address of nothing": 404, "bad key": 401, "bad API key": 401, basic: 401 },
      ...{ "other origin": 403, "no JSON": 400, "decision that is none": 400 },
    });
    // They went in, and whoever may see them does.
    const seen = foundIn(Buffer.from(it.run.shown.join("\n")), ["Grzegorzewska", "张^小东", "PID-771-ALPHA"]);
    expect(seen).toEqual(yaml === "" ? ["Grzegorzewska", "张^小东", "PID-771-ALPHA"] : ["Grzegorzewska"]);
    expect(Object.entries(it.run.statuses).filter(([, status]) => status >= 500)).toEqual([]);
  });

  test("says nothing of a patient, nor of an image, at log level debug", () => {
    expect(it.log).toMatch(/answered/);
    expect(it.log).toMatch(/association over/);
    expect(it.log.split("\n").length).toBeGreaterThan(60);
    expect(foundIn(Buffer.from(it.log), [...IDENTIFIERS, ...UIDS])).toEqual([]);
  });

  test("leaves nothing of a patient in any file: database, its journal, the queue, images, temporary files", () => {
    // Most files are the same each time.
    const seen = new Set<string>();
    for (const files of it.files) {
      expect([...files.keys()].some((path) => path.includes("pg_wal"))).toBe(true);
      expect([...files.keys()].some((path) => path.includes("files/images"))).toBe(true);
      const found = [...files].flatMap(([path, bytes]) => {
        const digest = createHash("sha256").update(bytes).digest("hex");
        const there = seen.has(digest) ? [] : foundIn(bytes, IDENTIFIERS);
        if (there.length === 0) seen.add(digest);
        return there.length > 0 ? [`${path}: ${there.join(", ")}`] : [];
      });
      expect(found).toEqual([]);
      expect([...files.keys()].filter((path) => path.startsWith("temporary/"))).toEqual([]);
    }
  });

  test("leaves nothing of a patient in the audit log, in which all of it stands", () => {
    const entries = (JSON.parse(it.audit) as { entries: { action: string }[] }).entries;
    const actions = new Set(entries.map(({ action }) => action));
    for (const action of [
      ...["instance.receive", "study.view", "study.list", "study.export", "instance.view", "finding.list"],
      ...["image.analyse", "image.detect", "finding.review", "job.view", "access.denied", "object.send"],
    ])
      expect(actions).toContain(action);
    expect(foundIn(Buffer.from(it.audit), IDENTIFIERS)).toEqual([]);
  });

  test("keeps data and keys for their owner alone", () => {
    for (const path of ["data", "data/keys", "data/database", "data/files"]) {
      expect([path, statSync(join(it.folder, path)).mode & 0o077]).toEqual([path, 0]);
    }
    expect(statSync(join(it.folder, "data/keys/vault")).mode & 0o077).toBe(0);
  });
});

describe("the search", () => {
  test("finds what it searches for, however it is written", () => {
    for (const identifier of IDENTIFIERS) {
      for (const writing of writingsOf(identifier)) {
        const content = Buffer.concat([Buffer.from("\0x"), writing, Buffer.from("\xff=", "latin1")]);
        expect(foundIn(content, [identifier])).toHaveLength(1);
      }
    }
    const [letters] = IDENTIFIERS;
    for (let before = 0; before < 3; before++) {
      const text = Buffer.from(`${"-".repeat(before)}${letters}--`).toString("base64");
      expect(foundIn(Buffer.from(text), [letters])).toHaveLength(1);
    }
  });
});
