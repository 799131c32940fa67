/**
 * @file One file de-identified, with its pixels: what a batch does for each.
 */
import type { Rectangle } from "@fovea/core/dicom/deidentify/blank";
import { type DeidentifyOptions, deidentifyLayout, patientOf } from "@fovea/core/dicom/deidentify/deidentify";
import type { Dictionary } from "@fovea/core/dicom/deidentify/element";
import { type FileLayout, fileLayout } from "@fovea/core/dicom/deidentify/file-layout";
import { fileTerms, plannedSets } from "@fovea/core/dicom/deidentify/file-terms";
import { commentsOf } from "@fovea/core/dicom/deidentify/frame-comment";
import { toldByPath } from "@fovea/core/dicom/deidentify/identifying-term";
import { burnedIn, pixelDataOf, regionsToBlank } from "@fovea/core/dicom/deidentify/pixel-regions";
import type { Profile } from "@fovea/core/dicom/deidentify/profile";
import type { Change } from "@fovea/core/dicom/deidentify/rewrite";
import { FoveaError } from "@fovea/core/errors";
import type { FrameDecoder } from "../dicom/frame-decoder";
import { IMPLEMENTATION_CLASS } from "../dicom/implementation";
import { VERSION } from "../version";
import { decodeText } from "./character-set";
import { cleanPixels } from "./clean-pixels";
import type { SecretKey } from "./secret-key";

/** What to do with files that say or look like text is burned into their pixels and nothing is blanked. */
export type BurnedInRule = "refuse" | "warn";

export interface FileOptions {
  readonly key: SecretKey;
  readonly profile: Profile;
  readonly dictionary: Dictionary;
  readonly decoder: FrameDecoder;
  /** Of new UIDs. @default "2.25" */
  readonly uidRoot?: string;
  /** Blanked in every picture, under `clean-pixel`. @default [] */
  readonly blank?: readonly Rectangle[];
  /** @default "refuse", which is for files that say so; others are warned of */
  readonly burnedInRule?: BurnedInRule;
}

export interface DeidentifiedFile {
  readonly bytes: Uint8Array;
  readonly changes: readonly Change[];
  /** Where it goes below the folder of results. */
  readonly path: string;
  readonly warnings: readonly string[];
}

/**
 * De-identify the bytes of one file.
 *
 * @param path below the folder of sources, with forward slashes; parts of it that tell who it is become codes
 * @throws {FoveaError} `invalid_dicom`, `unsupported_dicom`: the file is refused
 */
export async function deidentifyFile(file: Uint8Array, path: string, options: FileOptions): Promise<DeidentifiedFile> {
  const { key, profile, dictionary, uidRoot, blank = [], burnedInRule = "refuse" } = options;
  const layout = fileLayout(file, path, dictionary);
  const regions = profile.has("clean-pixel") ? regionsToBlank(layout, blank) : undefined;
  const warnings = regions === undefined ? burnedInWarnings(layout, path, burnedInRule, profile) : [];
  const core: DeidentifyOptions = {
    ...{ profile, dictionary, software: `Fovea ${VERSION}`, implementationUid: IMPLEMENTATION_CLASS },
    decodeText,
    mapUid: (uid) => key.uid(uid, uidRoot),
    pseudonym: (patient) => key.pseudonym(patient),
    shiftDays: (patient) => key.shiftDays(patient),
    ...(regions && { pixels: await cleanPixels(layout, path, regions, options.decoder) }),
  };
  if (regions !== undefined && blank.length === 0) {
    warnings.push("blanked around its ultrasound regions; text inside of them stays: look, and give --blank");
  }
  const { bytes, changes } = deidentifyLayout(layout, path, core);
  if (regions === undefined) warnings.push(...commentWarnings(layout), ...hiddenOverlayWarnings(layout));
  if (layout.trailing > 0) warnings.push(`${layout.trailing} bytes behind the data set left out`);
  if (patientOf(layout) === "") warnings.push("no patient number, name or study to make a pseudonym from");
  return { bytes, changes, warnings, path: safePath(path, layout, options) };
}

function burnedInWarnings(layout: FileLayout, file: string, rule: BurnedInRule, profile: Profile): string[] {
  const burned = burnedIn(layout);
  if (burned === "no") return [];
  const why = profile.has("clean-pixel")
    ? "no ultrasound region and no --blank says where"
    : "clean-pixel is not among the profiles";
  if (burned === "yes" && rule === "refuse") {
    const message = `says that text is burned into its pixels, and ${why}; look at it, then blank it or pass --burned-in warn`;
    throw new FoveaError("unsupported_dicom", message, { file, at: "BurnedInAnnotation" });
  }
  return [`text ${burned === "yes" ? "is" : "may be"} burned into its pixels, and ${why}`];
}

/** Text in compressed frames that names nothing of the header, but may name somebody. */
function commentWarnings(layout: FileLayout): string[] {
  const pixels = pixelDataOf(layout);
  const telling = pixels && commentsOf(pixels, layout.body).some(({ start, end, isText }) => isText && end - start > 3);
  return telling ? ["compressed frames carry comments, which stay unless the header's values stand in them"] : [];
}

/** Bits above or below the stored ones were a place for overlays, whose planes stay though their headers go. */
function hiddenOverlayWarnings({ elements }: FileLayout): string[] {
  const planes = elements.filter(({ tag }) => (tag & 0xff00ffff) >>> 0 === 0x60000102);
  const hidden = planes.some(({ tag }) => !elements.some((one) => one.tag === ((tag & 0xffff0000) | 0x3000) >>> 0));
  return hidden ? ["an overlay lies in unused bits of its pixels, which stay as they are"] : [];
}

/** Parts of a path that hold a name, number, date or UID of the file become codes of the secret key. */
function safePath(path: string, layout: FileLayout, { key, profile }: FileOptions): string {
  const terms = fileTerms(plannedSets(layout, profile), decodeText);
  return path
    .split("/")
    .map((part) =>
      toldByPath(terms, part) === undefined ? part : `${key.code("path", part)}${/\.dcm$/i.test(part) ? ".dcm" : ""}`,
    )
    .join("/");
}
