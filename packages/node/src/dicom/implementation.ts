/**
 * @file How we name ourselves to peers and in files (PS3.7 D.3.3.2).
 */
import { VERSION } from "../version";

/** Of this software as an implementation of DICOM: a UUID drawn once. */
export const IMPLEMENTATION_CLASS = "2.25.60834107981260725889052370538735596502";

/** At most 16 characters. */
export const IMPLEMENTATION_VERSION: string = `FOVEA_${VERSION}`.slice(0, 16);
