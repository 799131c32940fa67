import { expect, test } from "vitest";
import { madeImage } from "../../test/made-image";
import { frameImage } from "./frame-image";

test("frameImage has a frame's own spacing, window function and values, and the rest of the image's", () => {
  const values = { rescale_slope: 2, rescale_intercept: 1, windows: [{ center: 1, width: 2, explanation: null }] };
  const geometry = {
    voi_lut_function: "SIGMOID" as const,
    pixel_spacing: { row: 1, column: 2, source: "PixelSpacing" as const },
    image_orientation: null,
  };
  const image = madeImage({
    frames: 2,
    lossy: true,
    frame_values: [values, values].map((one) => ({ ...one, ...geometry })),
  });
  expect(frameImage(image, 1)).toMatchObject({ lossy: true, values, ...geometry });
  const alike = madeImage();
  expect(frameImage(alike, 5)).toBe(alike);
});
