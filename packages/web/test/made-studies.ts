/**
 * @file Studies that were never taken: a phantom radiograph, a small CT stack, and one study in each state.
 */
import type { InstanceImage } from "@fovea/core/contract/image";
import type { FindingRecord, StudyDetail, StudySummary } from "@fovea/core/contract/study";
import { drawPhantom } from "@fovea/core/phantom/phantom";

export interface MadeInstance {
  readonly image: InstanceImage;
  /** Of each frame. */
  readonly frames: readonly Uint8Array[];
}

const IMAGE = {
  study_uid: "",
  frames: 1,
  photometric_interpretation: "MONOCHROME2",
  voi_lut_function: "LINEAR",
  frame_values: null,
  pixel_padding: null,
  pixel_aspect: 1,
  image_orientation: null,
  patient_orientation: null,
  lossy: false,
} as const;

/** Slices of the CT; the block is in the one at `BLOCK.slice`. */
export const SLICES = 12;
/** 1000 HU in -1000 HU, corners in pixels; pixels are 0.5 mm wide and 0.8 mm high. */
export const BLOCK = { slice: 4, x1: 40, y1: 20, x2: 60, y2: 52 } as const;
const CT = { columns: 128, rows: 96 } as const;

function ctSlice(slice: number): MadeInstance {
  const stored = new Int16Array(CT.columns * CT.rows);
  for (let y = 0; y < CT.rows; y++) {
    for (let x = 0; x < CT.columns; x++) {
      const inside = x >= BLOCK.x1 && x < BLOCK.x2 && y >= BLOCK.y1 && y < BLOCK.y2 && slice === BLOCK.slice;
      const ring = Math.hypot((x - 64) * 0.5, (y - 48) * 0.8) < 26;
      stored[y * CT.columns + x] = (inside ? 1000 : ring ? 40 - 12 * slice : -1000) + 1024;
    }
  }
  return {
    image: {
      ...IMAGE,
      sop_uid: `1.2.3.2.1.${slice + 1}`,
      series_uid: "1.2.3.2.1",
      study_uid: "1.2.3.2",
      modality: "CT",
      ...CT,
      bits_allocated: 16,
      bits_stored: 16,
      signed: true,
      values: {
        rescale_slope: 1,
        rescale_intercept: -1024,
        // The last one has none of its own.
        windows: slice === SLICES - 1 ? [] : [{ center: 40, width: 400, explanation: "BODY" }],
      },
      pixel_spacing: { row: 0.8, column: 0.5, source: "PixelSpacing" },
      image_orientation: [1, 0, 0, 0, 1, 0],
    },
    frames: [new Uint8Array(stored.buffer)],
  };
}

/** Two frames of colour, as an ultrasound has them: red, then green. */
const ultrasound: MadeInstance = {
  image: {
    ...IMAGE,
    sop_uid: "1.2.3.1.2.1",
    series_uid: "1.2.3.1.2",
    study_uid: "1.2.3.1",
    modality: "US",
    columns: 64,
    rows: 48,
    frames: 2,
    photometric_interpretation: "RGB",
    bits_allocated: 8,
    bits_stored: 8,
    signed: false,
    values: { rescale_slope: 1, rescale_intercept: 0, windows: [] },
    pixel_spacing: null,
    lossy: true,
  },
  frames: [0, 1].map((frame) => Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i % 3 === frame ? 220 : 20))),
};

export const phantom = drawPhantom(7, 3, { width: 512, height: 640 });

const radiograph: MadeInstance = {
  image: {
    ...IMAGE,
    sop_uid: "1.2.3.1.1.1",
    series_uid: "1.2.3.1.1",
    study_uid: "1.2.3.1",
    modality: "DX",
    columns: 512,
    rows: 640,
    bits_allocated: 16,
    bits_stored: 12,
    signed: false,
    values: { rescale_slope: 1, rescale_intercept: 0, windows: [] },
    pixel_spacing: { row: phantom.spacingMm, column: phantom.spacingMm, source: "ImagerPixelSpacing" },
    patient_orientation: ["L", "F"],
  },
  frames: [new Uint8Array(phantom.image.data.buffer)],
};

export const instances: readonly MadeInstance[] = [
  radiograph,
  ultrasound,
  ...Array.from({ length: SLICES }, (_, slice) => ctSlice(slice)),
];

const FINDING = {
  frame: 0,
  polygon: null,
  model_version: "chest@1f2e3d4c5b6a",
  rules_version: "rules@2026-11",
  review: "open",
} as const;

/** The phantom's lesions as a model that knows them would find them. */
export const radiographFindings: readonly FindingRecord[] = phantom.lesions.map(({ className, box }, index) => ({
  ...FINDING,
  id: `xray-${index + 1}`,
  study_uid: "1.2.3.1",
  series_uid: "1.2.3.1.1",
  sop_uid: "1.2.3.1.1.1",
  class: className,
  class_shown: className,
  confidence: 0.93 - 0.21 * index,
  bbox: box,
  width_mm: (box.x2 - box.x1) * phantom.spacingMm,
  height_mm: (box.y2 - box.y1) * phantom.spacingMm,
  category: index === 0 ? "moderate" : null,
  suggestion: index === 0 ? "Review in three months" : null,
}));

export const ctFindings: readonly FindingRecord[] = [
  {
    ...FINDING,
    id: "ct-1",
    study_uid: "1.2.3.2",
    series_uid: "1.2.3.2.1",
    sop_uid: `1.2.3.2.1.${BLOCK.slice + 1}`,
    class: "nodule",
    class_shown: "nodule",
    confidence: 0.88,
    bbox: { x1: BLOCK.x1, y1: BLOCK.y1, x2: BLOCK.x2, y2: BLOCK.y2 },
    width_mm: 10,
    height_mm: 25.6,
    category: "severe",
    suggestion: "Biopsy",
  },
  {
    ...FINDING,
    id: "ct-2",
    study_uid: "1.2.3.2",
    series_uid: "1.2.3.2.1",
    sop_uid: "1.2.3.2.1.9",
    class: "cyst",
    class_shown: "cyst",
    confidence: 0.31,
    bbox: { x1: 70.5, y1: 60.25, x2: 84, y2: 71.5 },
    width_mm: 6.75,
    height_mm: 9,
    category: null,
    suggestion: null,
  },
];

const SUMMARY = {
  patient_id: "P-1001",
  patient_name: "Wang^XiaoDong=王^小东",
  study_date: "20261126",
  modalities: ["DX"],
  series: 1,
  instances: 1,
  findings: 0,
  unreviewed: 0,
} satisfies Partial<StudySummary>;

/** The two studies with images come first, then one in each other state, then old ones. */
export const summaries: readonly StudySummary[] = [
  {
    ...SUMMARY,
    study_uid: "1.2.3.2",
    patient_id: "P-1002",
    patient_name: "Miller^Anna",
    description: "CT chest without contrast",
    modalities: ["CT", "SR"],
    series: 2,
    instances: SLICES + 1,
    findings: 2,
    unreviewed: 2,
    state: "analysed",
    received_at: "2026-11-26T21:40:00Z",
  },
  {
    ...SUMMARY,
    study_uid: "1.2.3.1",
    description: "Chest PA",
    modalities: ["DX", "US"],
    series: 2,
    instances: 2,
    findings: radiographFindings.length,
    unreviewed: radiographFindings.length,
    state: "analysed",
    received_at: "2026-11-26T21:30:00Z",
  },
  {
    ...SUMMARY,
    study_uid: "1.2.3.3",
    description: "Chest PA",
    state: "receiving",
    received_at: "2026-11-26T21:20:00Z",
  },
  {
    ...SUMMARY,
    study_uid: "1.2.3.4",
    description: "Chest lateral",
    state: "queued",
    received_at: "2026-11-26T21:10:00Z",
  },
  {
    ...SUMMARY,
    study_uid: "1.2.3.5",
    description: "Chest PA",
    state: "failed",
    reason: "1 of 1 images could not be analysed; the first: invalid_dicom: PixelData: the JPEG 2000 stream ends early",
    received_at: "2026-11-26T21:00:00Z",
  },
  {
    ...SUMMARY,
    study_uid: "1.2.3.6",
    patient_id: null,
    patient_name: null,
    study_date: null,
    description: "Dose report",
    modalities: ["SR"],
    state: "not_attempted",
    reason: "not images to look at, but structured reports or key object selections",
    received_at: "2026-11-26T20:50:00Z",
  },
  ...Array.from({ length: 24 }, (_, index): StudySummary => {
    const day = String(25 - index).padStart(2, "0");
    return {
      ...SUMMARY,
      study_uid: `1.2.4.${index}`,
      patient_id: `P-${900 - index}`,
      patient_name: `Phantom^${index + 1}`,
      description: "Chest PA",
      state: "analysed",
      study_date: `202611${day}`,
      received_at: `2026-11-${day}T08:00:00Z`,
    };
  }),
];

function series(uid: string, change: Partial<StudyDetail["series"][number]>): StudyDetail["series"][number] {
  return {
    series_uid: uid,
    modality: null,
    body_part: "CHEST",
    description: null,
    series_number: 1,
    state: "analysed",
    reason: null,
    reason_shown: null,
    model_version: FINDING.model_version,
    instances: instances
      .filter(({ image }) => image.series_uid === uid)
      .map(({ image: { sop_uid, frames, rows, columns } }, index) => ({
        sop_uid,
        instance_number: index + 1,
        frames,
        rows,
        columns,
        size_unknown: false,
        failure: null,
        failure_shown: null,
      })),
    ...change,
  };
}

/** As the service gives what is no image: one frame of nothing. */
const DOSE_REPORT = {
  ...{ sop_uid: "1.2.3.2.2.1", instance_number: 1, frames: 1, rows: 0, columns: 0 },
  ...{ size_unknown: false, failure: null, failure_shown: null },
};

const SENT = {
  destination: "PACS",
  state: "sent",
  attempts: 1,
  reason: null,
  reason_shown: null,
  sent_at: "2026-11-26T21:41:00Z",
} as const;

export const details: readonly StudyDetail[] = [
  {
    study: summaries[0],
    series: [
      series("1.2.3.2.1", { modality: "CT", description: "Axial 1.0 mm", series_number: 2 }),
      series("1.2.3.2.2", {
        modality: "SR",
        description: "Dose report",
        series_number: 501,
        state: "not_attempted",
        reason: "not images to look at, but structured reports or key object selections",
        model_version: null,
        instances: [DOSE_REPORT],
      }),
    ],
    findings: [...ctFindings],
    deliveries: [
      { ...SENT, id: "d1", kind: "sr" },
      { ...SENT, id: "d2", kind: "sc" },
      {
        ...SENT,
        id: "d3",
        kind: "gsps",
        state: "pending",
        attempts: 3,
        sent_at: null,
        reason: "peer_unreachable: the PACS: connect ECONNREFUSED",
      },
    ],
  },
  {
    study: summaries[1],
    series: [
      series("1.2.3.1.1", { modality: "DX", description: "PA" }),
      series("1.2.3.1.2", {
        modality: "US",
        body_part: null,
        description: "Cine",
        state: "failed",
        reason:
          "1 of 1 images could not be analysed; the first: timed_out: no answer within 60 s (tried 5 times in 15 min)",
        model_version: null,
      }),
    ],
    findings: [...radiographFindings],
    deliveries: [],
  },
];
