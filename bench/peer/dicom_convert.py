"""A tree of CT slices to PNG with pydicom and Pillow, in a pool of processes, as scripts of the field do it."""

import argparse
import os
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.pixels import apply_modality_lut

from serve import serve


def window_table(center, width, slope, intercept, low, high):
    """Bytes of every stored value: a table is several times as fast as arithmetic on the picture."""
    values = np.arange(low, high, dtype=np.float64) * slope + intercept
    return grey(values, center, width)


def grey(values, center, width):
    """PS3.3 C.11.2.1.2.1, LINEAR."""
    levels = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)


def shades(dataset, pixels, method, center, width):
    if method == "array":
        return grey(apply_modality_lut(pixels, dataset), center, width)
    info = np.iinfo(pixels.dtype)
    slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
    table = window_table(center, width, slope, intercept, info.min, info.max + 1)
    return table[pixels.astype(np.int32) - info.min]


def convert(job):
    """Bytes written, and the sum of the pixels."""
    source, target, method, center, width, level = job
    dataset = pydicom.dcmread(source)
    picture = shades(dataset, dataset.pixel_array, method, center, width)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(target, "PNG", compress_level=level)
    return os.path.getsize(target)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tree", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--center", type=float, required=True)
    parser.add_argument("--width", type=float, required=True)
    parser.add_argument("--level", type=int, default=6)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--method", choices=["array", "table"], default="table")
    options = parser.parse_args()
    tree = Path(options.tree)
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    out = Path(options.out) / "peer"
    pool = Pool(options.threads)

    def step(argument):
        folder = out / argument
        jobs = [
            (str(path), str(folder / path.relative_to(tree).with_suffix(".png")))
            + (options.method, options.center, options.width, options.level)
            for path in files
        ]
        sizes = pool.map(convert, jobs, chunksize=4)
        return [len(sizes), sum(sizes)]

    serve(step, [process.pid for process in pool._pool])


if __name__ == "__main__":
    main()
