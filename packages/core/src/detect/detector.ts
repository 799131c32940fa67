/**
 * @file Image in, findings out: letterbox, network, selection, back to the pixels of the source image.
 */
import { ArgumentError } from "../errors";
import type { Finding } from "../finding";
import type { Value } from "../graph/runtime";
import type { ByteImage } from "../imaging/image";
import { type LetterboxOptions, letterboxLayout } from "../imaging/letterbox";
import { type DetectorNetwork, type NetworkSignature, outputRoom, readAnswer } from "./detector-network";
import { findingsOf } from "./findings-of";
import { NetworkInput } from "./network-input";

export interface DetectorOptions {
  /** Side of the network's input, pixels; a multiple of its largest stride. @default 640 */
  readonly imgsz?: number;
  /** `auto` pads to the next stride only, `square` to the full side. @default "auto" */
  readonly letterbox?: "auto" | "square";
  /** Confidences must exceed this. @default 0.25 */
  readonly conf?: number;
  /** A box overlapping a better one by more than this IoU is dropped. @default 0.7 */
  readonly iou?: number;
  /** Findings of one image at most. @default 300 */
  readonly maxDetections?: number;
  /** Class ids to look for. @default all */
  readonly classes?: readonly number[];
  /** Boxes of different classes drop one another too. @default false */
  readonly agnostic?: boolean;
}

/**
 * How images are letterboxed for a network.
 *
 * @throws {ArgumentError} if `imgsz` does not suit the network
 */
export function networkLetterbox(
  { strides, inputSize }: Pick<NetworkSignature, "strides" | "inputSize">,
  { imgsz = 640, letterbox = "auto" }: Pick<DetectorOptions, "imgsz" | "letterbox">,
): LetterboxOptions {
  const stride = Math.max(...strides);
  if (!(Number.isInteger(imgsz) && imgsz >= stride && imgsz % stride === 0)) {
    throw new ArgumentError(`imgsz is ${imgsz}, expected a multiple of ${stride}, the network's largest stride`);
  }
  return inputSize ?? { width: imgsz, height: imgsz, auto: letterbox === "auto", stride };
}

/** Memory for inputs and outputs of one size. */
interface Buffers {
  readonly input: NetworkInput;
  readonly outputs: Readonly<Record<string, Value>>;
}

/** Finds lesions in one image after another; not to be asked again before it has answered, as its buffers are used anew. */
export class Detector {
  readonly #network: DetectorNetwork;
  readonly #letterbox: LetterboxOptions;
  readonly #options: DetectorOptions;
  #buffers: Buffers | undefined;

  /** @throws {ArgumentError} if `imgsz` does not suit the network, a class does not exist, or a share is none */
  constructor(network: DetectorNetwork, options: DetectorOptions = {}) {
    const { conf = 0.25, iou = 0.7, classes } = options;
    const { names } = network;
    for (const [name, share] of Object.entries({ conf, iou })) {
      if (!(share >= 0 && share <= 1)) throw new ArgumentError(`${name} is ${share}, expected a number from 0 to 1`);
    }
    const unknown = classes?.find((id) => names[id] === undefined);
    if (unknown !== undefined) {
      throw new ArgumentError(`classes: got ${unknown}, the network knows 0 to ${names.length - 1}`);
    }
    this.#network = network;
    this.#letterbox = networkLetterbox(network, options);
    this.#options = options;
  }

  /** Findings in `image`, the most confident first, in pixels of `image`. */
  async detect(image: ByteImage): Promise<Finding[]> {
    const { session, names } = this.#network;
    const layout = letterboxLayout(image.width, image.height, this.#letterbox);
    if (!this.#buffers?.input.fits(layout)) {
      const input = new NetworkInput(this.#network.pixels, layout);
      this.#buffers = { input, outputs: outputRoom(this.#network, layout) };
    }
    const { input, outputs } = this.#buffers;
    const value = input.letterboxed(image, this.#letterbox);
    const results = await session.run({ [session.inputNames[0]]: value }, outputs);
    const { found, masks } = await readAnswer(this.#network, results, layout, this.#options);
    return findingsOf(found, names, { width: image.width, height: image.height, transform: layout }, masks);
  }
}
