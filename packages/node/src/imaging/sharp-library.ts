/**
 * @file libvips, which decodes and encodes image files.
 */

let library: Promise<typeof import("sharp").default> | undefined;

/** The library, loaded when it is first needed. One thread per image and no cache: batches run several images at once. */
export function sharpLibrary(): Promise<typeof import("sharp").default> {
  library ??= import("sharp").then(({ default: sharp }) => {
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return library;
}
