/**
 * @file YOLOv8 as users write it, in parts that tests edit.
 */

export const BACKBONE = `
backbone:
  - [-1, 1, Conv, [64, 3, 2]] # 0, stride 2
  - [-1, 1, Conv, [128, 3, 2]]
  - [-1, 3, C2f, [128, True]]
  - [-1, 1, Conv, [256, 3, 2]] # 3, stride 8
  - [-1, 6, C2f, [256, True]]
  - [-1, 1, Conv, [512, 3, 2]]
  - [-1, 6, C2f, [512, True]]
  - [-1, 1, Conv, [1024, 3, 2]] # 7, stride 32
  - [-1, 3, C2f, [1024, True]]
  - [-1, 1, SPPF, [1024, 5]]
`;

export const UPWARD = `
head:
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]] # 10
  - [[-1, 6], 1, Concat, [1]]
  - [-1, 3, C2f, [512]] # 12, stride 16
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]]
  - [[-1, 4], 1, Concat, [1]]
  - [-1, 3, C2f, [256]] # 15, stride 8
`;

export const DOWNWARD = `
  - [-1, 1, Conv, [256, 3, 2]]
  - [[-1, 12], 1, Concat, [1]]
  - [-1, 3, C2f, [512]] # 18, stride 16
  - [-1, 1, Conv, [512, 3, 2]]
  - [[-1, 9], 1, Concat, [1]]
  - [-1, 3, C2f, [1024]] # 21, stride 32
  - [[15, 18, 21], 1, Detect, [nc]]
`;

export const SCALES = "scales: { n: [0.33, 0.25, 1024], m: [0.67, 0.75, 768] }\n";
export const YOLOV8 = `nc: 3\n${SCALES}${BACKBONE}${UPWARD}${DOWNWARD}`;
