/**
 * @file A sink that keeps what it is given, for tests to look at; and small images to give.
 */
import { FoveaError } from "@fovea/core/errors";
import { encodeDicom } from "@fovea/node/dicom/write-dicom";
import { readFileHeader } from "@fovea/node/pacs/part10";
import type { IncomingObject, InstanceSink, OutgoingObject } from "@fovea/node/pacs/peer";
import type { PartOutcome } from "@fovea/node/pacs/store-parts";

export interface Kept extends IncomingObject {
  readonly dataSet: Buffer;
}

export interface MemorySink extends InstanceSink {
  readonly kept: Kept[];
  /** Drafts that were opened and neither committed nor abandoned. */
  readonly pending: number;
  readonly abandoned: number;
}

/** @param options what goes wrong: `write` is awaited at each piece, `commit` gives the status */
export function memorySink(
  options: {
    write?: (bytes: number) => Promise<void>;
    commit?: () => Promise<number>;
    open?: () => Promise<void>;
  } = {},
): MemorySink {
  const kept: Kept[] = [];
  let pending = 0;
  let abandoned = 0;
  return {
    kept,
    get pending() {
      return pending;
    },
    get abandoned() {
      return abandoned;
    },
    async open(incoming) {
      await options.open?.();
      pending++;
      const parts: Buffer[] = [];
      return {
        async write(chunk) {
          await options.write?.(chunk.length);
          parts.push(Buffer.from(chunk));
        },
        async commit() {
          const status = (await options.commit?.()) ?? 0;
          pending--;
          if (status === 0) kept.push({ ...incoming, dataSet: Buffer.concat(parts) });
          return { status };
        },
        async abandon() {
          pending--;
          abandoned++;
        },
      };
    },
  };
}

/** Takes a whole file into a sink, and says what became of it, as the service's reception does. */
export function storingInto(sink: InstanceSink): (file: AsyncIterable<Uint8Array>) => Promise<PartOutcome> {
  return async (file) => {
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of file) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      const header = readFileHeader(bytes, true);
      if (header === undefined) return { status: 0xc000 };
      const { sopClassUid, sopUid, transferSyntaxUid, dataSetStart } = header;
      const draft = await sink.open({ sopClassUid, sopUid, transferSyntaxUid, callingAe: "" });
      await draft.write(bytes.subarray(dataSetStart));
      return { sopClassUid, sopUid, ...(await draft.commit()) };
    } catch (error) {
      if (!(error instanceof FoveaError)) throw error;
      return { status: 0xc000 };
    }
  };
}

export const CT_CLASS = "1.2.840.10008.5.1.4.1.1.2";

/** A CT slice of `size` x `size` px with a grey ramp, as a file. */
export async function ctFile(instance: number, { size = 64, study = 1, series = 1 } = {}): Promise<OutgoingObject> {
  const pixels = Uint16Array.from({ length: size * size }, (_, i) => (i * 7 + instance) % 4096);
  const sopUid = `1.2.826.0.1.3680043.10.1.${study}.${series}.${instance}`;
  const bytes = await encodeDicom({
    SOPClassUID: CT_CLASS,
    SOPInstanceUID: sopUid,
    StudyInstanceUID: `1.2.826.0.1.3680043.10.1.${study}`,
    SeriesInstanceUID: `1.2.826.0.1.3680043.10.1.${study}.${series}`,
    PatientID: `P${study}`,
    PatientName: "Test^Case",
    PatientBirthDate: "",
    PatientSex: "O",
    StudyID: `${study}`,
    StudyDate: "20260102",
    StudyTime: "120000",
    AccessionNumber: `A${study}`,
    ReferringPhysicianName: "",
    Modality: "CT",
    SeriesNumber: series,
    InstanceNumber: instance,
    ImagePositionPatient: [0, 0, instance],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    PixelSpacing: [0.7, 0.7],
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    Rows: size,
    Columns: size,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    RescaleIntercept: -1024,
    RescaleSlope: 1,
    PixelData: [pixels.buffer],
  });
  const header = readFileHeader(bytes, true)!;
  return { sopClassUid: CT_CLASS, sopUid, transferSyntaxUid: header.transferSyntaxUid, bytes };
}

/** Behind the header. */
export function dataSetOf(bytes: Uint8Array): Buffer {
  const file = Buffer.from(bytes);
  return file.subarray(readFileHeader(file, true)!.dataSetStart);
}
