import { describe, expect, test } from "vitest";
import { madeImage } from "../../test/made-image";
import { RequestError } from "../api/request-error";
import { displayValues } from "./display-values";

describe("displayValues", () => {
  test("reads signed words with the low byte first", () => {
    const bytes = Uint8Array.of(0x18, 0xfc, 0xff, 0xff, 0x01, 0x00, 0x00, 0x80).buffer;
    const image = madeImage({ rows: 1, columns: 4, signed: true });
    const { pixels, min, max } = displayValues(bytes, image, 0);
    expect([...pixels]).toEqual([-1000, -1, 1, -32768]);
    expect([min, max]).toEqual([-32768, 1]);
  });

  test("takes rescale from the frame, where frames differ", () => {
    const frame_values = [1, 2].map((slope) => ({
      ...{ rescale_slope: slope, rescale_intercept: -slope, windows: [], voi_lut_function: "LINEAR" as const },
      ...{ pixel_spacing: null, image_orientation: null },
    }));
    const image = madeImage({ rows: 1, columns: 1, frames: 2, frame_values });
    expect(displayValues(new ArrayBuffer(2), image, 1)).toMatchObject({ slope: 2, intercept: -2 });
  });

  test("keeps colour as three values of a pixel", () => {
    const image = madeImage({
      rows: 1,
      columns: 2,
      photometric_interpretation: "RGB",
      bits_allocated: 8,
      bits_stored: 8,
    });
    const { pixels, channels } = displayValues(Uint8Array.of(1, 2, 3, 4, 5, 6).buffer, image, 0);
    expect(channels).toBe(3);
    expect([...pixels]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("spreads 32 bits over 16, and gives the modality values back to half a step", () => {
    const stored = Int32Array.of(-1_000_000, 0, 3_000_000);
    const values = { rescale_slope: 0.5, rescale_intercept: 7, windows: [] };
    const image = madeImage({ rows: 1, columns: 3, bits_allocated: 32, bits_stored: 32, signed: true, values });
    const { pixels, slope, intercept } = displayValues(stored.buffer, image, 0);
    expect([pixels[0], pixels[2]]).toEqual([0, 65535]);
    const step = (0.5 * 4_000_000) / 65535;
    for (let i = 0; i < 3; i++)
      expect(Math.abs(slope * pixels[i] + intercept - (0.5 * stored[i] + 7))).toBeLessThan(0.51 * step);
  });

  test("refuses bytes that are too few or too many", () => {
    expect(() => displayValues(new ArrayBuffer(23), madeImage(), 0)).toThrow(RequestError);
    expect(() => displayValues(new ArrayBuffer(25), madeImage(), 0)).toThrow("25 bytes of pixels, expected 24");
  });
});
