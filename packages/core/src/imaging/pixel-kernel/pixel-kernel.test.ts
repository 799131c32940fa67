import { expect, test } from "vitest";
import { toPlanes } from "../color";
import { image } from "../image";
import { frameMemory, pixelKernel } from "./pixel-kernel";

test("a kernel that is replaced has room for what the one before had room for", () => {
  const { longest, work } = pixelKernel(1000, 1000);
  pixelKernel(longest + 1, 0);
  const both = pixelKernel(0, work + 1);
  expect(both.fits(longest + 1, work + 1)).toBe(true);
  expect(pixelKernel(longest + 1, work)).toBe(both);
});

test("an image in the frame is changed there, any other where it is, with the same bytes", () => {
  const [width, height] = [900, 700];
  const frame = frameMemory(3 * width * height);
  for (let i = 0; i < frame.length; i++) frame[i] = (i * 7919) % 251;
  const other = frame.slice();
  const planes = [frame, other].map((data) => {
    const out = new Uint8Array(data.length);
    toPlanes(image(width, height, 3, data), out);
    return out;
  });
  expect(planes[0]).toEqual(planes[1]);
  expect([planes[0][1], planes[0][width * height]]).toEqual([other[3], other[1]]);
  // Planes of the largest image do not drive the frame out.
  expect(frameMemory(frame.length).buffer).toBe(frame.buffer);
});
