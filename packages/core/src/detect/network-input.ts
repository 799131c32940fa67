/**
 * @file A letterboxed image as the input of a network, in memory that is used again for the next one of the same size.
 */
import type { Value } from "../graph/runtime";
import type { ByteImage } from "../imaging/image";
import {
  type LetterboxLayout,
  type LetterboxOptions,
  letterboxLayout,
  letterboxPixels,
  letterboxTensor,
} from "../imaging/letterbox";
import { halfFromFloat } from "../math/half";

/**
 * What a network reads: `interleaved`, bytes (1, height, width, 3) as images hold them; or planes (1, 3, height, width) of
 * bytes, or of values in [0, 1].
 */
export type PixelType = "interleaved" | "uint8" | "float32" | "float16";

/** Room for an input of one size. */
export class NetworkInput {
  readonly #type: PixelType;
  readonly #width: number;
  readonly #height: number;
  readonly #value: Value;
  /** The value's own memory, or what it is made of. */
  readonly #pixels: Uint8Array | Float32Array;

  /** @param memory of the value, used if it has the size wanted. @default new memory */
  constructor(
    type: PixelType,
    { width, height }: { readonly width: number; readonly height: number },
    memory?: ArrayBuffer,
  ) {
    this.#type = type;
    this.#width = width;
    this.#height = height;
    const count = 3 * width * height;
    const bytes = type === "interleaved" || type === "uint8";
    const size = count * (bytes ? 1 : type === "float16" ? 2 : 4);
    const room = memory?.byteLength === size ? memory : new ArrayBuffer(size);
    this.#pixels = bytes ? new Uint8Array(room) : type === "float16" ? new Float32Array(count) : new Float32Array(room);
    const shape = type === "interleaved" ? [1, height, width, 3] : [1, 3, height, width];
    const data = type === "float16" ? new Uint16Array(room) : this.#pixels;
    this.#value = { dtype: bytes ? "uint8" : type, shape, data };
  }

  /** Whether an image of this size, margins included, fits. */
  fits({ width, height }: Pick<LetterboxLayout, "width" | "height">): boolean {
    return this.#height === height && this.#width === width;
  }

  /** The letterboxed image; good until the next one is asked for. */
  letterboxed(image: ByteImage, options: LetterboxOptions): Value {
    if (this.#type !== "interleaved") {
      letterboxTensor(image, options, this.#pixels);
      return this.#finished();
    }
    // An image that fits as it is needs no copy.
    const { width, height, contentWidth, contentHeight } = letterboxLayout(image.width, image.height, options);
    const whole = contentWidth === width && contentHeight === height;
    if (whole && width === image.width && height === image.height && image.channels === 3) {
      return { ...this.#value, data: image.data };
    }
    letterboxPixels(image, options, this.#pixels as Uint8Array);
    return this.#value;
  }

  /** An image that is letterboxed already. @param planes bytes, R, G, B; for networks that read planes */
  planes(planes: Uint8Array): Value {
    if (this.#pixels instanceof Uint8Array) this.#pixels.set(planes);
    else for (let i = 0; i < planes.length; i++) this.#pixels[i] = planes[i] / 255;
    return this.#finished();
  }

  #finished(): Value {
    if (this.#pixels instanceof Float32Array && this.#value.data instanceof Uint16Array) {
      this.#value.data.set(halfFromFloat(this.#pixels));
    }
    return this.#value;
  }
}
