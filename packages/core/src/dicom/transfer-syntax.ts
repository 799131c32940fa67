/**
 * @file How the bytes of a DICOM file are laid out and its frames compressed (PS3.5 section 10, PS3.6 table A-1).
 */

/** What decompresses a frame; `native` pixels need nothing. */
export type FrameCodec = "native" | "deflate" | "rle" | "jpeg" | "jpeg-ls" | "jpeg-2000" | "htj2k" | "unsupported";

export interface TransferSyntax {
  readonly uid: string;
  /** As PS3.6 spells it, shortened. */
  readonly name: string;
  readonly codec: FrameCodec;
  /** Only Explicit VR Big Endian is. */
  readonly bigEndian: boolean;
}

export const IMPLICIT_LITTLE = "1.2.840.10008.1.2";
export const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";
export const DEFLATED = "1.2.840.10008.1.2.1.99";
export const EXPLICIT_BIG = "1.2.840.10008.1.2.2";

const TABLE: readonly (readonly [uid: string, name: string, codec: FrameCodec])[] = [
  [IMPLICIT_LITTLE, "Implicit VR Little Endian", "native"],
  [EXPLICIT_LITTLE, "Explicit VR Little Endian", "native"],
  [DEFLATED, "Deflated Explicit VR Little Endian", "native"],
  [EXPLICIT_BIG, "Explicit VR Big Endian", "native"],
  ["1.2.840.10008.1.2.5", "RLE Lossless", "rle"],
  ["1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", "deflate"],
  ["1.2.840.10008.1.2.4.50", "JPEG Baseline", "jpeg"],
  ["1.2.840.10008.1.2.4.51", "JPEG Extended", "jpeg"],
  ["1.2.840.10008.1.2.4.53", "JPEG Spectral Selection", "jpeg"],
  ["1.2.840.10008.1.2.4.55", "JPEG Full Progression", "jpeg"],
  ["1.2.840.10008.1.2.4.57", "JPEG Lossless", "jpeg"],
  ["1.2.840.10008.1.2.4.70", "JPEG Lossless, First-Order Prediction", "jpeg"],
  ["1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", "jpeg-ls"],
  ["1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless", "jpeg-ls"],
  ["1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless", "jpeg-2000"],
  ["1.2.840.10008.1.2.4.91", "JPEG 2000", "jpeg-2000"],
  ["1.2.840.10008.1.2.4.201", "HTJ2K Lossless", "htj2k"],
  ["1.2.840.10008.1.2.4.202", "HTJ2K Lossless RPCL", "htj2k"],
  ["1.2.840.10008.1.2.4.203", "HTJ2K", "htj2k"],
];

const BY_UID: ReadonlyMap<string, TransferSyntax> = new Map(
  TABLE.map(([uid, name, codec]) => [uid, { uid, name, codec, bigEndian: uid === EXPLICIT_BIG }]),
);

/** The transfer syntax of a UID; one that is not in the table (video, vendors' own) has codec `unsupported`. */
export function transferSyntax(uid: string): TransferSyntax {
  return BY_UID.get(uid) ?? { uid, name: "unknown transfer syntax", codec: "unsupported", bigEndian: false };
}
