/**
 * @file Names of modules as users write them.
 */
import { FoveaError, type Place } from "../errors";
import { nearestName } from "../math/nearest-name";
import { type PublishedModule, signatures } from "./module-arguments";

const OTHER_TASK = "is the head of another task: Detect and Segment are supported";
const YOLO11 = "belongs to YOLO11 and later, which are not supported: YOLOv8 and YOLO12 are";

/** What to do about modules that users know from elsewhere. */
const REFUSED: Readonly<Record<string, string>> = {
  Conv2d: "has no batch norm and is no row of its own: write Conv (convolution, batch norm, SiLU), as Conv, [64, 3, 2]",
  ConvTranspose2d: "is not supported: write Upsample, [None, 2, nearest]",
  MaxPool2d: "is not supported: halve the map by Conv, [64, 3, 2]; pooling at one size is SPPF",
  AvgPool2d: "is not supported: halve the map by Conv, [64, 3, 2]",
  BatchNorm2d: "is not a row of its own: Conv contains it",
  SiLU: "is not a row of its own: Conv contains it",
  C2PSA: YOLO11,
  C2fPSA: YOLO11,
  PSA: YOLO11,
  Classify: OTHER_TASK,
  Pose: OTHER_TASK,
  OBB: OTHER_TASK,
  WorldDetect: OTHER_TASK,
  YOLOEDetect: OTHER_TASK,
  YOLOESegment: OTHER_TASK,
  v10Detect: OTHER_TASK,
  RTDETRDecoder: OTHER_TASK,
};

/**
 * The module that a row names; PyTorch's own may carry `nn.` or `torch.nn.` before the name.
 *
 * @throws {FoveaError} `invalid_model` on a module that is not supported, with what to write instead
 */
export function publishedModule(written: string, place: Place): PublishedModule {
  const name = written.trim().replace(/^(?:torch\.)?nn\./, "");
  if (Object.hasOwn(signatures, name)) return name as PublishedModule;
  if (Object.hasOwn(REFUSED, name)) throw new FoveaError("invalid_model", `${written} ${REFUSED[name]}`, place);
  const known = Object.keys(signatures);
  const near = nearestName(name, known);
  const hint = near ? `; did you mean ${near}?` : "";
  throw new FoveaError("invalid_model", `unknown module "${written}"${hint} (known: ${known.join(", ")})`, place);
}
