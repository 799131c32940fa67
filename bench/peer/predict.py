"""End-to-end prediction in PyTorch: image file → findings in pixels of the source image."""

import argparse
import multiprocessing
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from serve import serve
from weights import read_checkpoint
from yolo import STRIDES, Yolo, anchor_grid, decode, fuse

FILL = 114
MAX_DETECTIONS = 300
CLASS_OFFSET = 7680.0


def letterbox(image, size, auto):
    """Fit `image` (H, W, 3) into a square of side `size`, kept whole; `auto` pads to the next stride only.

    Returns the image, the scale and the padding left and top, all in pixels of the result.
    """
    height, width = image.shape[:2]
    scale = min(size / height, size / width)
    new_width, new_height = round(width * scale), round(height * scale)
    pad_x, pad_y = size - new_width, size - new_height
    if auto:
        pad_x, pad_y = pad_x % STRIDES[-1], pad_y % STRIDES[-1]
    if (new_width, new_height) != (width, height):
        image = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
    left, top = round(pad_x / 2 - 0.1), round(pad_y / 2 - 0.1)
    if pad_x or pad_y:
        fill = (FILL, FILL, FILL)
        image = cv2.copyMakeBorder(image, top, pad_y - top, left, pad_x - left, cv2.BORDER_CONSTANT, value=fill)
    return image, scale, left, top


def nms(boxes, iou):
    """Greedy suppression of `boxes` (n, 4), best first: indices kept. Numpy: the boxes are few, the calls cheap."""
    x1, y1, x2, y2 = boxes.T
    area = (x2 - x1) * (y2 - y1)
    width = np.minimum(x2[:, None], x2) - np.maximum(x1[:, None], x1)
    height = np.minimum(y2[:, None], y2) - np.maximum(y1[:, None], y1)
    overlap = width.clip(0) * height.clip(0)
    suppresses = overlap > iou * (area[:, None] + area - overlap)
    alive = np.ones(len(boxes), dtype=bool)
    kept = []
    for i in range(len(boxes)):
        if alive[i]:
            kept.append(i)
            alive &= ~suppresses[i]
    return kept[:MAX_DETECTIONS]


class Predictor:
    def __init__(self, options):
        self.options = options
        self.layout = torch.channels_last if options.memory_format == "channels_last" else torch.contiguous_format
        network = Yolo(options.model, options.classes)
        network.load_state_dict(read_checkpoint(options.weights))
        network = fuse(network.eval()).requires_grad_(False).to(memory_format=self.layout)
        self.network = torch.compile(network) if options.compile else network
        self.grids = {}

    def tensor(self, image):
        """(H, W, 3) BGR bytes → (1, 3, H, W) RGB in 0…1; the bytes' own order is already channels_last."""
        rgb = torch.from_numpy(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).permute(2, 0, 1)[None]
        return rgb.to(torch.float32, memory_format=self.layout).div_(255)

    @torch.inference_mode()
    def find(self, path):
        """Rows `x1, y1, x2, y2, confidence, class` of the file at `path`, best first."""
        source = cv2.imread(path, cv2.IMREAD_COLOR)
        image, scale, left, top = letterbox(source, self.options.size, self.options.letterbox == "auto")
        boxes, scores = self.network(self.tensor(image))
        confidence, cls = scores[0].max(-1)
        confidence = confidence.sigmoid()
        order = confidence.gt(self.options.conf).nonzero().squeeze(-1)
        order = order[confidence[order].argsort(descending=True, stable=True)]

        shape = image.shape[:2]
        if shape not in self.grids:
            self.grids[shape] = anchor_grid(*shape)
        centres, strides = self.grids[shape]
        found = (decode(boxes[0][order], centres[order]) * strides[order]).numpy()  # only those above `conf`
        cls = cls[order].numpy()
        kept = nms(found + cls[:, None] * CLASS_OFFSET, self.options.iou)
        found = (found[kept] - [left, top, left, top]) / scale
        height, width = source.shape[:2]
        found = found.clip(0, [width, height, width, height])
        return np.column_stack((found, confidence[order].numpy()[kept], cls[kept]))

    def step(self, paths):
        """Check numbers of one file, or of several as `a.jpg|b.jpg`: how many findings, and the sum of their confidences."""
        found = [self.find(path) for path in paths.split("|")]
        return [sum(map(len, found)), float(sum(rows[:, 4].sum() for rows in found))]


def start(options):
    global predictor
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    predictor = Predictor(options)


def step_here(paths):
    return predictor.step(paths)


def serve_processes(options):
    """As `serve` with one predictor, but with several processes of one thread that share the files of a request."""
    count = options.processes
    options.threads = max(1, options.threads // count)
    with multiprocessing.get_context("spawn").Pool(count, start, (options,)) as pool:
        pool.map(time.sleep, [0.1] * count)

        def step(paths):
            return np.sum(pool.map(step_here, paths.split("|"), chunksize=1), axis=0).tolist()

        serve(step, [child.pid for child in multiprocessing.active_children()])


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, choices=("yolov8n", "yolo12n"))
    parser.add_argument("--weights", required=True, type=Path, help="published .pt of that model")
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--conf", type=float, default=0.25)
    parser.add_argument("--iou", type=float, default=0.7)
    parser.add_argument("--letterbox", choices=("auto", "square"), default="auto")
    parser.add_argument("--memory-format", choices=("nchw", "channels_last"), default="channels_last")
    parser.add_argument("--compile", action="store_true", help="torch.compile; needs a C++ compiler")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processes", type=int, default=1, help="share the files of a request and the threads")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse()
    if arguments.processes > 1:
        serve_processes(arguments)
    else:
        start(arguments)
        serve(step_here)
