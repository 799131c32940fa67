/**
 * @file The published families as literal tables.
 *
 * YOLOv8: Jocher, Chaurasia, Qiu, 2023 (no paper). YOLO12: Tian, Ye, Doermann, 2025, arXiv:2502.12524, in the form whose
 * attention has one convolution for queries, keys and values.
 */
import type { PublishedNetwork, PublishedRow, Scale } from "./published";

const YOLOV8_SCALES: Readonly<Record<string, Scale>> = {
  n: [0.33, 0.25, 1024],
  s: [0.33, 0.5, 1024],
  m: [0.67, 0.75, 768],
  l: [1, 1, 512],
  x: [1, 1.25, 512],
};

const YOLO12_SCALES: Readonly<Record<string, Scale>> = {
  n: [0.5, 0.25, 1024],
  s: [0.5, 0.5, 1024],
  m: [0.5, 1, 512],
  l: [1, 1, 512],
  x: [1, 1.5, 512],
};

const UP: PublishedRow = [-1, 1, "Upsample", [null, 2, "nearest"]];

const YOLOV8_BACKBONE: readonly PublishedRow[] = [
  [-1, 1, "Conv", [64, 3, 2]], // 0, stride 2
  [-1, 1, "Conv", [128, 3, 2]], // 1, stride 4
  [-1, 3, "C2f", [128, true]],
  [-1, 1, "Conv", [256, 3, 2]], // 3, stride 8
  [-1, 6, "C2f", [256, true]],
  [-1, 1, "Conv", [512, 3, 2]], // 5, stride 16
  [-1, 6, "C2f", [512, true]],
  [-1, 1, "Conv", [1024, 3, 2]], // 7, stride 32
  [-1, 3, "C2f", [1024, true]],
  [-1, 1, "SPPF", [1024, 5]], // 9
];

/** From the coarsest level up to stride 8. */
const YOLOV8_UPWARD: readonly PublishedRow[] = [
  UP, // 10
  [[-1, 6], 1, "Concat", [1]],
  [-1, 3, "C2f", [512]], // 12, stride 16
  UP,
  [[-1, 4], 1, "Concat", [1]],
  [-1, 3, "C2f", [256]], // 15, stride 8
];

/** `YOLOV8_UPWARD` and back down. */
const YOLOV8_NECK: readonly PublishedRow[] = [
  ...YOLOV8_UPWARD,
  [-1, 1, "Conv", [256, 3, 2]], // 16
  [[-1, 12], 1, "Concat", [1]],
  [-1, 3, "C2f", [512]], // 18, stride 16
  [-1, 1, "Conv", [512, 3, 2]],
  [[-1, 9], 1, "Concat", [1]],
  [-1, 3, "C2f", [1024]], // 21, stride 32
];

/** One level finer than `YOLOV8_NECK`, for small lesions. */
const YOLOV8_P2_NECK: readonly PublishedRow[] = [
  ...YOLOV8_UPWARD,
  UP, // 16
  [[-1, 2], 1, "Concat", [1]],
  [-1, 3, "C2f", [128]], // 18, stride 4
  [-1, 1, "Conv", [128, 3, 2]],
  [[-1, 15], 1, "Concat", [1]],
  [-1, 3, "C2f", [256]], // 21, stride 8
  [-1, 1, "Conv", [256, 3, 2]],
  [[-1, 12], 1, "Concat", [1]],
  [-1, 3, "C2f", [512]], // 24, stride 16
  [-1, 1, "Conv", [512, 3, 2]],
  [[-1, 9], 1, "Concat", [1]],
  [-1, 3, "C2f", [1024]], // 27, stride 32
];

const YOLO12_BACKBONE: readonly PublishedRow[] = [
  [-1, 1, "Conv", [64, 3, 2]], // 0, stride 2
  [-1, 1, "Conv", [128, 3, 2]], // 1, stride 4
  [-1, 2, "C3k2", [256, false, 0.25]],
  [-1, 1, "Conv", [256, 3, 2]], // 3, stride 8
  [-1, 2, "C3k2", [512, false, 0.25]],
  [-1, 1, "Conv", [512, 3, 2]], // 5, stride 16
  [-1, 4, "A2C2f", [512, true, 4]],
  [-1, 1, "Conv", [1024, 3, 2]], // 7, stride 32
  [-1, 4, "A2C2f", [1024, true, 1]],
];

const YOLO12_NECK: readonly PublishedRow[] = [
  UP, // 9
  [[-1, 6], 1, "Concat", [1]],
  [-1, 2, "A2C2f", [512, false, -1]], // 11, stride 16
  UP,
  [[-1, 4], 1, "Concat", [1]],
  [-1, 2, "A2C2f", [256, false, -1]], // 14, stride 8
  [-1, 1, "Conv", [256, 3, 2]],
  [[-1, 11], 1, "Concat", [1]],
  [-1, 2, "A2C2f", [512, false, -1]], // 17, stride 16
  [-1, 1, "Conv", [512, 3, 2]],
  [[-1, 8], 1, "Concat", [1]],
  [-1, 2, "C3k2", [1024, true]], // 20, stride 32
];

/** The published networks; a size letter goes after the number: `yolov8n-p2`. */
export const FAMILIES = {
  yolov8: {
    scales: YOLOV8_SCALES,
    backbone: YOLOV8_BACKBONE,
    head: [...YOLOV8_NECK, [[15, 18, 21], 1, "Detect", ["nc"]]],
  },
  "yolov8-p2": {
    scales: YOLOV8_SCALES,
    backbone: YOLOV8_BACKBONE,
    head: [...YOLOV8_P2_NECK, [[18, 21, 24, 27], 1, "Detect", ["nc"]]],
  },
  "yolov8-seg": {
    scales: YOLOV8_SCALES,
    backbone: YOLOV8_BACKBONE,
    head: [...YOLOV8_NECK, [[15, 18, 21], 1, "Segment", ["nc", 32, 256]]],
  },
  yolo12: {
    scales: YOLO12_SCALES,
    backbone: YOLO12_BACKBONE,
    head: [...YOLO12_NECK, [[14, 17, 20], 1, "Detect", ["nc"]]],
  },
  "yolo12-seg": {
    scales: YOLO12_SCALES,
    backbone: YOLO12_BACKBONE,
    head: [...YOLO12_NECK, [[14, 17, 20], 1, "Segment", ["nc", 32, 256]]],
  },
} as const satisfies Readonly<Record<string, PublishedNetwork>>;
