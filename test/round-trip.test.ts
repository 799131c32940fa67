/**
 * @file The whole way: a CT series is sent to the built service, analysed, and what was found arrives in a PACS.
 *
 * With DCMTK as the modality and Orthanc as the PACS where they are installed; in a smaller form against our own sender and receiver
 * everywhere.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dimsePeer } from "@fovea/node/pacs/dimse-peer";
import { fileHeader } from "@fovea/node/pacs/part10";
import { type Receiver, startReceiver } from "@fovea/node/pacs/receiver";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dcmtk, dcmtkAvailable } from "../packages/node/test/dcmtk";
import { type Orthanc, orthancMissing, startOrthanc } from "../packages/node/test/orthanc";
import { memorySink } from "../packages/node/test/pacs/memory-sink";
import { receiverConfig } from "../packages/node/test/pacs/receiver-config";
import { missingPostgres, type PostgresServer, startPostgres } from "../packages/node/test/postgres-server";
import {
  type ArrivedKind,
  type ArrivedObject,
  type DrawnLine,
  presentationLines,
  reportRegions,
} from "./round-trip/arrived-objects";
import { missing, said } from "./round-trip/installed";
import { PATIENT, SLICES, SPACING, SPOT_SIDE, SPOTS, type SpotSeries } from "./round-trip/spot-series";
import { type Journey, PATIENCE_MS, type Trip, travel } from "./round-trip/trip";

const QUIET = "{quiet: 500ms}";
/** Longer than anybody waits here: what completes then, completes by the count of the PACS. */
const COUNT = "{quiet: 1h, count_from: pacs}";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-round-trip-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What holds of every trip. */
function holds(trip: () => Trip): void {
  test("the record says that the series was analysed, with a finding where each spot is", () => {
    const { detail, series } = trip();
    expect(detail.study).toMatchObject({ state: "analysed", instances: SLICES, findings: SPOTS.length });
    expect(detail.study.patient_name).toBe(PATIENT.name);
    expect(detail.series).toMatchObject([{ series_uid: series.seriesUid, state: "analysed", reason: null }]);
    expect(detail.findings).toHaveLength(SPOTS.length);
    for (const { slice, x, y, value } of SPOTS) {
      const here = detail.findings.filter(({ sop_uid }) => sop_uid === series.slices[slice - 1].sopUid);
      const found = here.find(({ bbox }) => Math.abs(bbox.x1 - x) < SPOT_SIDE / 2);
      // A cell of the detector is 8 pixels of 64, those of the network 5 of the slice; half of one may be lost by rounding.
      const off = [found?.bbox.x1, found?.bbox.y1, found?.bbox.x2, found?.bbox.y2].map(
        (corner, i) => (corner ?? Number.NaN) - [x, y, x + SPOT_SIDE, y + SPOT_SIDE][i],
      );
      expect(Math.max(...off.map(Math.abs))).toBeLessThan(2.5);
      expect(found?.width_mm).toBeCloseTo(SPOT_SIDE * SPACING.column, 0);
      expect(found?.height_mm).toBeCloseTo(SPOT_SIDE * SPACING.row, 0);
      // The window ends at -160 and 240 HU; of the cell's 40 rows up to 2.5 lie beside the spot.
      expect(Math.abs((found?.confidence ?? 0) - (value + 160) / 400)).toBeLessThan(0.07);
      expect(found).toMatchObject(
        value === 200
          ? { class: "nodule", category: "高度可疑", suggestion: "建议活检" }
          : { class: "nodule", category: "可疑", suggestion: "建议3个月后复查" },
      );
    }
  });

  test("report, captures and presentation state arrive once each, and the record says that they were sent", () => {
    const { detail, objects, sendings, exitCode, auditFault } = trip();
    const slices = new Set(SPOTS.map(({ slice }) => slice)).size;
    const expected = [...Array(slices).fill("sc"), "gsps", "sr"].sort();
    expect(objects.map(({ kind }) => kind).sort()).toEqual(expected);
    expect(new Set(objects.map(({ values }) => values.SOPInstanceUID)).size).toBe(expected.length);
    expect(detail.deliveries.map(({ kind }) => kind).sort()).toEqual(expected);
    for (const delivery of detail.deliveries)
      expect(delivery).toMatchObject({ state: "sent", attempts: 1, reason: null, destination: "pacs" });
    expect([sendings, exitCode, auditFault]).toEqual([expected.length, 0, undefined]);
  });

  test("coordinates of report and presentation state are those of the service's answer", () => {
    const { detail, objects } = trip();
    const expected = sorted(
      detail.findings.map(({ sop_uid, bbox: { x1, y1, x2, y2 } }) => ({
        sopUid: sop_uid,
        points: [x1, y1, x2, y1, x2, y2, x1, y2, x1, y1].map(Math.fround),
      })),
    );
    expect(sorted(reportRegions(only(objects, "sr").values))).toEqual(expected);
    expect(sorted(presentationLines(only(objects, "gsps").values))).toEqual(expected);
  });

  test("results belong to the patient and the study that came in", () => {
    const { objects, series } = trip();
    for (const { values } of objects) {
      const { PatientName, PatientID, StudyInstanceUID, AccessionNumber } = values;
      expect([PatientName, PatientID, StudyInstanceUID, AccessionNumber]).toEqual([
        ...[PATIENT.name, PATIENT.id, series.studyUid, PATIENT.accession],
      ]);
    }
  });

  test("images are kept byte by byte, and given out pixel by pixel", () => {
    const { series, kept, pixels } = trip();
    for (const { sopUid, bytes } of series.slices)
      expect([sopUid, Buffer.from(bytes).equals(kept.get(sopUid) ?? Buffer.alloc(0))]).toEqual([sopUid, true]);
    const sent = series.slices.find(({ sopUid }) => sopUid === pixels.sopUid)?.pixels;
    expect(Buffer.from(pixels.values).equals(sent ?? Buffer.alloc(0))).toBe(true);
  });

  test("nothing that it printed tells of the patient", () => {
    const { transcript, series } = trip();
    expect(transcript).toContain("/studies/:uid");
    for (const secret of [PATIENT.id, PATIENT.accession, PATIENT.birthDate, "Wang", "王", series.studyUid])
      expect([secret, transcript.includes(secret)]).toEqual([secret, false]);
  });

  const noVerifier = missing("dciodvfy");
  test.skipIf(noVerifier !== "")(`dciodvfy finds no error in them${noVerifier && ` (skipped: ${noVerifier})`}`, () => {
    for (const object of trip().objects) {
      const lines = said("dciodvfy", [saved(object)]).split("\n");
      expect([object.kind, lines.filter((line) => line.startsWith("Error"))]).toEqual([object.kind, []]);
      // It names the kind of object that it judged.
      expect(lines.some((line) => /^(Comprehensive3DSR|SCImage|.*PresentationState)/.test(line))).toBe(true);
    }
  });

  const noReader = missing("dsrdump");
  test.skipIf(noReader !== "")(`dsrdump prints the findings${noReader && ` (skipped: ${noReader})`}`, () => {
    const { detail, objects } = trip();
    const tree = said("dsrdump", ["+Pl", saved(only(objects, "sr"))]);
    expect(tree).toContain("All algorithms succeeded; with findings");
    // `conf: 0.5` in the settings: of each finding, and of the report.
    expect(tree.match(/TEXT:\(,,"Algorithm Parameters"\)="confidence threshold 0\.5"/g)).toHaveLength(SPOTS.length);
    expect(tree.match(/TEXT:\(,,"Algorithm Parameters"\)="置信度阈值0\.5：/g)).toHaveLength(1);
    expect(tree.match(/CONTAINER:\(,,"Measurement Group"\)/g)).toHaveLength(SPOTS.length);
    const drawn = [...tree.matchAll(/\(POLYLINE,([^)]*)\)/g)].map(([, points]) => points.split(/[/,]/).map(Number));
    expect(drawn).toHaveLength(SPOTS.length);
    for (const { bbox, confidence, suggestion } of detail.findings) {
      const { x1, y1, x2, y2 } = bbox;
      const points = [x1, y1, x2, y1, x2, y2, x1, y2, x1, y1];
      // Numbers are printed to six digits.
      const near = (line: readonly number[]) => points.every((value, i) => Math.abs(value - line[i]) <= 5e-6 * value);
      expect([points, drawn.some(near)]).toEqual([points, true]);
      expect(tree).toContain(`NUM:(,,"Certainty of Finding")="${Number((100 * confidence).toFixed(4))}"`);
      expect(tree).toContain(`TEXT:(,,"Recommendation")="${suggestion}"`);
    }
  });
}

function only(objects: readonly ArrivedObject[], kind: ArrivedKind): ArrivedObject {
  const found = objects.filter((one) => one.kind === kind);
  expect(found).toHaveLength(1);
  return found[0];
}

function sorted(lines: readonly DrawnLine[]): string[] {
  return lines.map(({ sopUid, points }) => `${sopUid}: ${points.join(" ")}`).sort();
}

function saved({ values, file }: ArrivedObject): string {
  const path = join(folder, `${values.SOPInstanceUID}.dcm`);
  writeFileSync(path, file);
  return path;
}

/** Makes the trip before the tests that look at it. */
function afterTheTrip(prepare: () => Promise<Omit<Journey, "folder">>): () => Trip {
  let made: Trip | undefined;
  beforeAll(async () => {
    const journey = await prepare();
    made = await travel({ ...journey, folder: join(folder, `trip-${journey.number}`) });
  }, 2 * PATIENCE_MS);
  return () => {
    if (made === undefined) throw new Error("unreachable: tests run after the trip");
    return made;
  };
}

describe("from our own sender through the service to our own receiver", () => {
  const sink = memorySink();
  let receiver: Receiver | undefined;
  afterAll(() => receiver?.close());
  const trip = afterTheTrip(async () => {
    receiver = await startReceiver({ config: receiverConfig({ aeTitle: "PACS" }), sink });
    return {
      ...{ number: 1, completeness: QUIET },
      destination: dimseTo(receiver.port, "PACS"),
      send: async ({ slices }, port) => {
        const dimse = { host: "127.0.0.1", port, aeTitle: "FOVEA", callingAe: "CT1" };
        const outcomes = await dimsePeer({ name: "service", send: [], dimse }).send(slices);
        expect(outcomes).toEqual(slices.map(() => ({ state: "stored" })));
      },
      arrived: async () => sink.kept.map((one) => Buffer.concat([fileHeader(one), one.dataSet])),
    };
  });
  holds(trip);
});

const dimseTo = (port: number, title: string) =>
  `dimse: {host: 127.0.0.1, port: ${port}, ae_title: ${title}, calling_ae: FOVEA}`;

/** DCMTK as the modality. */
async function storescu(series: SpotSeries, called: string, port: number): Promise<void> {
  const files = series.slices.map(({ sopUid, bytes }) => {
    const path = join(folder, `${sopUid}.dcm`);
    writeFileSync(path, bytes);
    return path;
  });
  const { code, output } = await dcmtk("storescu", ["-aet", "CT1", "-aec", called, "127.0.0.1", `${port}`, ...files]);
  expect(code, output).toBe(0);
}

const noPeers = [orthancMissing, dcmtkAvailable ? "" : "Debian's dcmtk is not installed"].filter(Boolean).join("; ");
describe.skipIf(noPeers !== "")(
  `from DCMTK through the service to Orthanc${noPeers && ` (skipped: ${noPeers})`}`,
  () => {
    let orthanc: Orthanc;
    beforeAll(async () => {
      orthanc = await startOrthanc(join(folder, "orthanc"));
    }, PATIENCE_MS);
    afterAll(() => orthanc?.stop());

    const send = (series: SpotSeries, port: number) => storescu(series, "FOVEA", port);
    const arrived = () => orthanc.files();

    describe("by C-STORE", () => {
      const trip = afterTheTrip(async () => {
        await orthanc.empty();
        const destination = dimseTo(orthanc.dimsePort, "ORTHANC");
        return { number: 2, completeness: QUIET, destination, send, arrived };
      });
      holds(trip);
    });

    describe("by STOW-RS", () => {
      const trip = afterTheTrip(async () => {
        await orthanc.empty();
        const destination = `dicom_web: {url: "${orthanc.dicomWebUrl}"}`;
        return { number: 3, completeness: QUIET, destination, send, arrived };
      });
      holds(trip);
    });

    const noServer = missingPostgres();
    describe.skipIf(noServer !== undefined)(
      `on PostgreSQL, complete by Orthanc's count${noServer ? ` (skipped: ${noServer})` : ""}`,
      () => {
        let server: PostgresServer | undefined;
        afterAll(() => server?.remove());
        const trip = afterTheTrip(async () => {
          await orthanc.empty();
          server = await startPostgres();
          return {
            ...{ number: 4, completeness: COUNT, databaseUrl: await server.database(), arrived },
            destination: dimseTo(orthanc.dimsePort, "ORTHANC"),
            // The PACS has the study already, and can count it.
            send: async (series, port) => {
              await storescu(series, "ORTHANC", orthanc.dimsePort);
              await send(series, port);
            },
          };
        });
        holds(trip);
      },
    );
  },
);
