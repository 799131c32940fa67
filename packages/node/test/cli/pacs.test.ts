/**
 * @file `fovea pacs` as a user gives it, against a small PACS on loopback.
 */
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dimsePeer } from "../../src/pacs/dimse-peer";
import { freePort } from "../dcmtk";
import { type MemoryPacs, startMemoryPacs } from "../pacs/memory-pacs";
import { ctFile, dataSetOf } from "../pacs/memory-sink";
import { Desk } from "./command";

const PATIENCE = 300_000;
const STUDY = "1.2.826.0.1.3680043.10.1.5";

let desk: Desk;
let pacs: MemoryPacs;
let address: string;
beforeAll(async () => {
  desk = await Desk.make();
  pacs = await startMemoryPacs();
  address = `--host 127.0.0.1 --port ${pacs.port} --ae PACS`;
  const dimse = { host: "127.0.0.1", port: pacs.port, aeTitle: "PACS", callingAe: "TEST" };
  await dimsePeer({ name: "pacs", send: [], dimse }).send(
    await Promise.all([1, 2].map((i) => ctFile(i, { study: 5, series: i }))),
  );
  const yaml = `destinations:\n  - {name: main, dimse: {host: 127.0.0.1, port: ${pacs.port}, ae_title: PACS}}\n`;
  await writeFile(desk.path("fovea.yaml"), yaml);
}, PATIENCE);
afterAll(async () => {
  await pacs.close();
  await desk.remove();
});

describe("fovea pacs", () => {
  test("says whether a PACS answers", { timeout: PATIENCE }, async () => {
    expect(await desk.succeed(`pacs echo ${address}`)).toMatch(/^answers, in \d+ ms$/m);
    const gone = await desk.run(`pacs echo --host 127.0.0.1 --port ${await freePort()} --ae PACS`);
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("[peer_unreachable]")]);
  });

  test("lists studies, as a table and as JSON", { timeout: PATIENCE }, async () => {
    const out = await desk.succeed("pacs find --config fovea.yaml --modality CT");
    expect(out).toMatch(new RegExp(`^Date +Modality +Images +Patient ID .*\\n.* 2 .*${STUDY}\\n1 study$`, "m"));
    const json = JSON.parse(await desk.succeed(`pacs find ${address} --study ${STUDY} --json`));
    expect(json).toMatchObject({ more: false, studies: [{ study_uid: STUDY, instances: 2 }] });
  });

  test.each([
    ["--modality ct", "--modality: expected a code in capitals, such as CT"],
    ["--study P-1", "--study: expected a UID"],
    ["--patient-id P-1 --limit 501", "--limit"],
  ])("refuses %s, and says what it wants", { timeout: PATIENCE }, async (options, wanted) => {
    const { code, stderr } = await desk.run(`pacs find ${address} ${options}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(wanted)]);
  });

  test("gets a study as files, whose data sets are those of the PACS", { timeout: PATIENCE }, async () => {
    expect(await desk.succeed(`pacs get ${address} --study ${STUDY} --out study`)).toContain("2 files in study");
    const names = readdirSync(desk.path("study")).sort();
    expect(names).toEqual(pacs.kept.map(({ sopUid }) => `${sopUid}.dcm`).sort());
    for (const { sopUid, dataSet } of pacs.kept) {
      expect(dataSetOf(readFileSync(desk.path(`study/${sopUid}.dcm`))).equals(dataSet)).toBe(true);
    }
    await desk.succeed(`pacs get --config fovea.yaml --pacs main --study ${STUDY} --series ${STUDY}.2 --out series`);
    expect(readdirSync(desk.path("series"))).toHaveLength(1);
  });

  test.each([
    ["pacs find --config fovea.yaml", "give at least one value to match"],
    ["pacs find --config fovea.yaml --pacs other --modality CT", "expected one of main"],
    ["pacs find --modality CT", "give one of --config, --host and --url"],
    ["pacs find --config fovea.yaml --date 2026-11-26", "--date: expected YYYYMMDD"],
    ["pacs get --config fovea.yaml --study ../x --out study", "--study: expected a UID"],
    ["pacs echo --host localhost", "--host needs --port and --ae"],
  ])("refuses %s", { timeout: PATIENCE }, async (line, why) => {
    const { code, stderr } = await desk.run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });
});
