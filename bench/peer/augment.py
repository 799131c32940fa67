"""The augmentation pipeline in OpenCV and numpy, as albumentations and the public YOLO trainers write it."""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from serve import serve

COUNT = 10
FILL = 114
FULL = {
    "mosaic": (0, 2, 4, 6, 8),
    "contrast": (0, 1, 2, 3, 4),
    "clahe": (1, 3, 5, 7, 9),
    "gamma": (2, 5, 8),
    "noise": (0, 4, 7),
    "motion": (3,),
    "median": (6,),
    "gauss": (9,),
}


def contrast(image, rng):
    """RandomBrightnessContrast through a table."""
    alpha, beta = 1 + rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.2)
    table = np.clip(np.rint(np.arange(256) * alpha + beta * 255), 0, 255).astype(np.uint8)
    return cv2.LUT(image, table)


def gamma(image, rng):
    table = np.rint(255 * (np.arange(256) / 255) ** rng.uniform(0.8, 1.2)).astype(np.uint8)
    return cv2.LUT(image, table)


def clahe(image, rng):
    """Grey as it is; colours by the lightness of LAB, as albumentations does it."""
    equalise = cv2.createCLAHE(rng.uniform(1, 2), (8, 8))
    if image.ndim == 2:
        return equalise.apply(image)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[..., 0] = equalise.apply(np.ascontiguousarray(lab[..., 0]))
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def noise(image, rng):
    """GaussNoise. cv2.randn is three times as fast as numpy's generator; int16 saves the way over floats."""
    drawn = np.empty(image.shape, np.int16)
    cv2.randn(drawn, 0, rng.uniform(10, 50) ** 0.5)
    return cv2.add(image, drawn, dtype=cv2.CV_8U)


def speckle(image, rng):
    """Rayleigh of mean 1 from two normal fields."""
    drawn = np.empty((*image.shape[:2], 2), np.float32)
    cv2.randn(drawn, 0, (2 / np.pi) ** 0.5)
    strength = rng.uniform(0.1, 0.4)
    factor = 1 + strength * (cv2.magnitude(drawn[..., 0].copy(), drawn[..., 1].copy()) - 1)
    if image.ndim == 3:
        factor = cv2.merge([factor] * 3)
    return cv2.multiply(image, factor, dtype=cv2.CV_8U)


def motion(image, rng):
    angle = rng.uniform(0, np.pi)
    x, y = round(2 * np.cos(angle)), round(2 * np.sin(angle))
    kernel = np.zeros((5, 5), np.uint8)
    cv2.line(kernel, (2 - x, 2 - y), (2 + x, 2 + y), 1, 1)
    return cv2.filter2D(image, -1, kernel.astype(np.float32) / kernel.sum())


def median(image, rng):
    return cv2.medianBlur(image, 3)


def gauss(image, rng):
    return cv2.GaussianBlur(image, (5, 5), 0)


def elastic(image, rng):
    """ElasticTransform with alpha 120, sigma 12."""
    height, width = image.shape[:2]

    def field():
        drawn = np.empty((height, width), np.float32)
        cv2.randu(drawn, -1, 1)
        return cv2.GaussianBlur(drawn, (0, 0), 12) * 120

    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(image, x + field(), y + field(), cv2.INTER_LINEAR, borderValue=(FILL,) * 3)


TRANSFORMS = {
    "contrast": contrast,
    "clahe": clahe,
    "gamma": gamma,
    "noise": noise,
    "speckle": speckle,
    "motion": motion,
    "median": median,
    "gauss": gauss,
    "elastic": elastic,
}


def hsv(image, rng):
    """Hue, saturation and value by tables; a grey image has its value alone."""
    gains = 1 + rng.uniform(-1, 1, 3) * (0.015, 0.7, 0.4)
    values = np.arange(256)
    value = np.clip(values * gains[2], 0, 255).astype(np.uint8)
    if image.ndim == 2:
        return cv2.LUT(image, value)
    hue = (values * gains[0] % 180).astype(np.uint8)
    saturation = np.clip(values * gains[1], 0, 255).astype(np.uint8)
    h, s, v = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
    changed = cv2.merge((cv2.LUT(h, hue), cv2.LUT(s, saturation), cv2.LUT(v, value)))
    return cv2.cvtColor(changed, cv2.COLOR_HSV2RGB)


def mosaic(images, boxes, size, rng):
    """Four images on a canvas of twice the size, and their boxes on it, cut at its edges."""
    channels = () if all(image.ndim == 2 for image in images) else (3,)
    canvas = np.full((2 * size, 2 * size, *channels), FILL, np.uint8)
    cy, cx = rng.integers(size // 2, 3 * size // 2, 2)
    moved = []
    for i, (image, rows) in enumerate(zip(images, boxes)):
        height, width = image.shape[:2]
        left, top = (cx - width if i % 2 == 0 else cx), (cy - height if i < 2 else cy)
        x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + width, 2 * size), min(top + height, 2 * size)
        piece = image[y1 - top : y2 - top, x1 - left : x2 - left]
        canvas[y1:y2, x1:x2] = piece[..., None] if channels and piece.ndim == 2 else piece
        rows = rows + (0, left, top, left, top)
        rows[:, 1::2] = rows[:, 1::2].clip(x1, x2)
        rows[:, 2::2] = rows[:, 2::2].clip(y1, y2)
        moved.append(rows)
    return canvas, np.concatenate(moved)


def padded(image, boxes, size):
    height, width = image.shape[:2]
    top, left = (size - height) // 2, (size - width) // 2
    canvas = cv2.copyMakeBorder(
        image, top, size - height - top, left, size - width - left, cv2.BORDER_CONSTANT, value=(FILL,) * 3
    )
    return canvas, boxes + (0, left, top, left, top)


def warp(canvas, boxes, size, rng, still):
    """Turn, scale and shift in one warpAffine, then flip; boxes by their corners."""
    half = canvas.shape[0] / 2
    angle, scale = (0, 1) if still else (rng.uniform(-10, 10), rng.uniform(0.7, 1.3))
    matrix = cv2.getRotationMatrix2D((0, 0), angle, scale)
    shift = np.full(2, 0.5) if still else rng.uniform(0.4, 0.6, 2)
    matrix[:, 2] = shift * size - matrix[:, :2] @ (half, half)
    if not still or canvas.shape[0] != size:
        canvas = cv2.warpAffine(canvas, matrix, (size, size), borderValue=(FILL,) * 3)
    corners = boxes[:, [1, 2, 3, 2, 3, 4, 1, 4]].reshape(-1, 2) @ matrix[:, :2].T + matrix[:, 2]
    x, y = corners[:, 0].reshape(-1, 4), corners[:, 1].reshape(-1, 4)
    before = (boxes[:, 3] - boxes[:, 1]) * (boxes[:, 4] - boxes[:, 2]) * scale**2
    moved = np.column_stack((boxes[:, 0], x.min(1), y.min(1), x.max(1), y.max(1)))
    moved[:, 1:] = moved[:, 1:].clip(0, size)
    width, height = moved[:, 3] - moved[:, 1], moved[:, 4] - moved[:, 2]
    aspect = np.maximum(width / (height + 1e-9), height / (width + 1e-9))
    moved = moved[(width > 2) & (height > 2) & (aspect < 100) & (width * height > 0.1 * before)]
    if not still and rng.random() < 0.5:
        canvas = cv2.flip(canvas, 1)
        moved[:, [1, 3]] = size - moved[:, [3, 1]]
    return canvas, moved


class Pipeline:
    def __init__(self, options):
        self.size, self.plan = options.size, options.plan
        self.rng = np.random.default_rng(0)
        self.images, self.boxes = [], []
        for i, item in enumerate(json.loads((options.images / "images.json").read_text())):
            data = np.fromfile(options.images / f"{i}.raw", np.uint8)
            shape = (item["height"], item["width"], item["channels"])
            self.images.append(data.reshape(shape[:2] if shape[2] == 1 else shape))
            label, cx, cy, w, h = np.reshape(item["rows"], (-1, 5)).T
            sides = np.array([shape[1], shape[0]] * 2)
            corners = np.stack((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), 1) * sides
            self.boxes.append(np.column_stack((label, corners)))
        self.batch = np.empty((COUNT, 3, self.size, self.size), np.uint8)
        self.steps = 0

    def acts(self, name, k):
        if self.plan == "full":
            return name in ("geometry", "hsv") or k in FULL.get(name, ())
        return name == self.plan or (name in ("mosaic", "geometry") and self.plan == "geometry") or (
            name == "geometry" and self.plan == "mosaicless"
        )

    def one(self, first, k):
        total = len(self.images)
        if self.acts("mosaic", k):
            used = [(first + 5 * i) % total for i in range(4)]
            canvas, boxes = mosaic([self.images[i] for i in used], [self.boxes[i] for i in used], self.size, self.rng)
        else:
            canvas, boxes = padded(self.images[first], self.boxes[first], self.size)
        image, boxes = warp(canvas, boxes, self.size, self.rng, not self.acts("geometry", k))
        if self.acts("hsv", k):
            image = hsv(image, self.rng)
        for name, transform in TRANSFORMS.items():
            if self.acts(name, k):
                image = transform(image, self.rng)
        self.batch[k] = image if image.ndim == 2 else image.transpose(2, 0, 1)
        return len(boxes)

    def step(self, _):
        boxes = sum(self.one((self.steps * COUNT + k) % len(self.images), k) for k in range(COUNT))
        self.steps += 1
        return [boxes, float(self.batch.reshape(-1)[::64].mean())]


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", required=True, type=Path)
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--plan", default="full")
    return parser.parse_args()


if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve(Pipeline(parse()).step)
