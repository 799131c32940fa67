/**
 * @file UIDs of DIMSE services, and which SOP classes and transfer syntaxes can be stored (PS3.4, PS3.6 annex A).
 */
import { EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, transferSyntax } from "@fovea/core/dicom/transfer-syntax";

export const VERIFICATION = "1.2.840.10008.1.1";
/** Study Root models (PS3.4 C.6.2). */
export const STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1";
export const STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2";
export const STUDY_ROOT_GET = "1.2.840.10008.5.1.4.1.2.2.3";

/** For commands' own data sets: both encodings that everyone has. */
export const UNCOMPRESSED = [EXPLICIT_LITTLE, IMPLICIT_LITTLE];

const DICOM_ROOT = "1.2.840.10008.";
/** Storage outside of 5.1.4.1.1: hanging protocols, palettes, RT delivery instructions, implants. */
const OTHER_STORAGE = /^1\.2\.840\.10008\.5\.1\.4\.(34\.7|34\.10|38\.1|39\.1|43\.1|44\.1|45\.1)$/;

/**
 * Whether objects of the SOP class are stored. Of vendors' own ones too: they come with a series, and a sender that may not store
 * one often gives up the rest.
 */
export function isStorage(sopClass: string): boolean {
  if (!sopClass.startsWith(DICOM_ROOT)) return sopClass.length > 0;
  return sopClass.startsWith("1.2.840.10008.5.1.4.1.1.") || OTHER_STORAGE.test(sopClass);
}

/** With loss, as PS3.6 names them; video is left out of the first choice likewise. */
const LOSSY = /^1\.2\.840\.10008\.1\.2\.4\.(50|51|53|55|81|91|93|203|10[0-9](\.1)?|112)$/;
/** Pixels that lie elsewhere (JPIP), and encapsulations that are retired. */
const ELSEWHERE = /^1\.2\.840\.10008\.1\.2\.(4\.(94|95|204|205)|6\.\d|7\.\d)$/;

/** Whether a data set in this transfer syntax can be kept so that others can read it: those of PS3.6 with pixels inside. */
export function isStorable(syntax: string): boolean {
  if (transferSyntax(syntax).codec !== "unsupported") return true;
  return syntax.startsWith("1.2.840.10008.1.2.4.") && !ELSEWHERE.test(syntax);
}

/**
 * Of what is offered for one context, what we take: the first without loss, in little endian; else the first. Big endian is
 * retired, and taken where nothing else is offered.
 */
export function preferredSyntax(offered: readonly string[]): string | undefined {
  const storable = offered.filter(isStorable);
  const little = storable.filter((syntax) => syntax !== EXPLICIT_BIG);
  return little.find((syntax) => !LOSSY.test(syntax)) ?? little[0] ?? storable[0];
}
