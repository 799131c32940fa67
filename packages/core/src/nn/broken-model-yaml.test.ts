import { describe, expect, test } from "vitest";
import { BACKBONE, SCALES, YOLOV8 } from "../../test/yolov8-yaml";
import { parseModelYaml, readModel } from "./model-yaml";

/** YAML text, where the message says it is wrong, and what it says. */
type Broken = readonly [what: string, text: string, at: string | undefined, message: RegExp];

const edit = (from: string, to: string) => YOLOV8.replace(from, to);

const BROKEN: readonly Broken[] = [
  ["no YAML", "nc: [1, 2", "line 1, column 10", /not valid YAML/],
  ["a key twice", `nc: 3\nnc: 4\n${BACKBONE}`, "line 2, column 1", /not valid YAML/],
  ["an empty file", "", undefined, /null; expected keys and values/],
  ["a list", "- 1\n- 2\n", undefined, /\[1,2\]; expected keys and values/],
  ["no backbone", "nc: 3\nbackbon: []\nhead: []\n", "backbone", /no such key \(found: nc, backbon, head\)/],
  ["no head", `nc: 3\n${BACKBONE}`, "head", /no such key/],
  ["a head that is no list", `nc: 3\n${BACKBONE}\nhead: 5\n`, "head", /^.*: 5, expected a list of rows/],
  ["no rows at all", "nc: 1\nbackbone: []\nhead: []\n", undefined, /no Detect or Segment row at the end/],
  ["a network without head", edit("  - [[15, 18, 21], 1, Detect, [nc]]", ""), undefined, /no Detect or Segment row/],
  ["a row after the head", `${YOLOV8}  - [-1, 1, Conv, [64]]\n`, "row 23 (head[13])", /stands after Detect/],
  ["nc of 0", edit("nc: 3", "nc: 0"), "nc", /0, expected a whole number of at least 1/],
  ["nc in words", edit("nc: 3", "nc: three"), "nc", /"three", expected a whole number/],
  ["ch of 0", `ch: 0\n${YOLOV8}`, "ch", /0, expected a whole number/],
  ["scales that are a list", edit(SCALES, "scales: [1, 2]\n"), "scales", /expected sizes, as n:/],
  [
    "a scale of one number",
    edit("[0.33, 0.25, 1024]", "[0.33]"),
    "scales: n",
    /expected \[depth, width, max_channels\]/,
  ],
  ["a negative scale", edit("[0.33, 0.25, 1024]", "[0.33, -1, 1024]"), "scales: n", /expected \[depth, width/],
  ["an unknown size", `scale: q\n${YOLOV8}`, "scale", /size "q" is not among the scales \(n, m\)/],
  ["a depth_multiple in words", edit(SCALES, "depth_multiple: deep\n"), "depth_multiple", /expected a number above 0/],
  ["another activation", `activation: nn.ReLU()\n${YOLOV8}`, "activation", /"nn.ReLU\(\)" is not supported.*SiLU/],
  ["key points", `kpt_shape: [17, 3]\n${YOLOV8}`, "kpt_shape", /key points \(pose\) are not supported/],
  ["another task", `task: classify\n${YOLOV8}`, "task", /"classify" is not supported/],
  ["anchors", `anchors: 3\n${YOLOV8}`, "anchors", /heads have no anchors/],
  ["fewer bins", `reg_max: 1\n${YOLOV8}`, "reg_max", /1 is not supported, expected 16/],
  ["a head without NMS", `end2end: true\n${YOLOV8}`, "end2end", /heads without NMS are not supported/],
  [
    "a misspelt module",
    edit("3, C2f, [512]", "3, C2ff, [512]"),
    "row 12 (head[2])",
    /unknown module "C2ff"; did you mean C2f\?/,
  ],
  [
    "a module from nowhere",
    edit("SPPF", "Transformer"),
    "row 9 (backbone[9])",
    /unknown module "Transformer" \(known: Conv/,
  ],
  [
    "nn.Conv2d",
    edit("Conv, [64, 3, 2]", "nn.Conv2d, [64, 3, 2]"),
    "row 0 (backbone[0])",
    /nn.Conv2d has no batch norm.*write Conv/,
  ],
  [
    "nn.MaxPool2d",
    edit("SPPF, [1024, 5]", "nn.MaxPool2d, [2]"),
    "row 9 (backbone[9])",
    /nn.MaxPool2d is not supported/,
  ],
  [
    "a head of another task",
    edit("Detect, [nc]", "OBB, [nc, 1]"),
    "row 22 (head[12])",
    /OBB is the head of another task/,
  ],
  ["bilinear upsampling", edit('"nearest"', '"bilinear"'), "row 10 (head[0])", /mode is "bilinear", expected nearest/],
  ["upsampling to a size", edit('[None, 2, "nearest"]', "[64]"), "row 10 (head[0])", /size is 64, expected None/],
  [
    "upsampling by 3",
    edit('[None, 2, "nearest"]', "[None, 3]"),
    "row 10 (head[0])",
    /scale_factor is 3, expected a factor/,
  ],
  ["upsampling without factor", edit('[None, 2, "nearest"]', "[]"), "row 10 (head[0])", /scale_factor is missing/],
  [
    "concatenation along rows",
    edit("[[-1, 6], 1, Concat, [1]]", "[[-1, 6], 1, Concat, [2]]"),
    "row 11 (head[1])",
    /dimension is 2, expected 1/,
  ],
  [
    "a later row as input",
    edit("[-1, 6], 1", "[-1, 15], 1"),
    "row 11 (head[1])",
    /from 15 is not a row before this one; it may read rows 0 to 10/,
  ],
  ["itself as input", edit("[-1, 6], 1", "[-1, 11], 1"), "row 11 (head[1])", /from 11 is not a row before/],
  ["a row that is not there", edit("[15, 18, 21]", "[15, 18, 99]"), "row 22 (head[12])", /from 99 is not a row before/],
  [
    "an input before the image",
    edit("[-1, 1, Conv, [64,", "[-2, 1, Conv, [64,"),
    "row 0 (backbone[0])",
    /from -2 reaches before the image; it may read the image/,
  ],
  ["no input", edit("[15, 18, 21]", "[]"), "row 22 (head[12])", /reads no row/],
  [
    "an input in words",
    edit("[-1, 6], 1", "[-1, P4], 1"),
    "row 11 (head[1])",
    /from is \[-1,"P4"\], expected the number of a row/,
  ],
  [
    "a row of three",
    edit("[-1, 1, SPPF, [1024, 5]]", "[-1, 1, SPPF]"),
    "row 9 (backbone[9])",
    /3 entries.*expected \[from, repeats, module, \[arguments\]\]/,
  ],
  ["a row that is a text", edit("[-1, 1, SPPF, [1024, 5]]", "SPPF"), "row 9 (backbone[9])", /"SPPF": expected \[from/],
  [
    "no repeats",
    edit("[-1, 3, C2f, [512]]", "[-1, 0, C2f, [512]]"),
    "row 12 (head[2])",
    /repeats is 0, expected a whole number from 1/,
  ],
  [
    "endless repeats",
    edit("[-1, 3, C2f, [512]]", "[-1, 1e9, C2f, [512]]"),
    "row 12 (head[2])",
    /repeats is 1000000000/,
  ],
  [
    "a module that is a number",
    edit("[-1, 1, SPPF,", "[-1, 1, 7,"),
    "row 9 (backbone[9])",
    /module is 7, expected a name/,
  ],
  [
    "arguments that are no list",
    edit("SPPF, [1024, 5]", "SPPF, 1024"),
    "row 9 (backbone[9])",
    /arguments of SPPF are 1024, expected a list/,
  ],
  [
    "too many arguments",
    edit("SPPF, [1024, 5]", "SPPF, [1024, 5, 1]"),
    "row 9 (backbone[9])",
    /3 arguments \[1024,5,1\], at most 2 expected: SPPF takes c2, k/,
  ],
  [
    "too few arguments",
    edit("SPPF, [1024, 5]", "SPPF, []"),
    "row 9 (backbone[9])",
    /c2 is missing, expected a whole number/,
  ],
  [
    "an argument of another type",
    edit("SPPF, [1024, 5]", 'SPPF, ["many", 5]'),
    "row 9 (backbone[9])",
    /SPPF: c2 is "many", expected a whole number/,
  ],
  [
    "an even pooling kernel",
    edit("SPPF, [1024, 5]", "SPPF, [1024, 4]"),
    "row 9 (backbone[9])",
    /k is 4, expected an odd whole number/,
  ],
  [
    "an activation by name",
    edit("[64, 3, 2]", "[64, 3, 2, 1, 1, 1, nn.ReLU()]"),
    "row 0 (backbone[0])",
    /act is "nn.ReLU\(\)", expected true or false/,
  ],
  [
    "an unknown named argument",
    edit("[512, True]", "[512, {shortcuts: True}]"),
    "row 6 (backbone[6])",
    /unknown argument "shortcuts"; did you mean shortcut\?/,
  ],
  [
    "an argument given twice",
    edit("[512, True]", "[512, True, {shortcut: False}]"),
    "row 6 (backbone[6])",
    /shortcut is given twice/,
  ],
  [
    "two inputs to Conv",
    edit("[-1, 1, Conv, [256,", "[[-1, 0], 1, Conv, [256,"),
    "row 3 (backbone[3])",
    /Conv reads one row, got 2 \(2, 0\): join them by a Concat row/,
  ],
  [
    "maps of different stride",
    edit("[-1, 6], 1", "[-1, 4], 1"),
    "row 11 (head[1])",
    /Concat joins maps of different size: row 10 has stride 16, row 4 has stride 8/,
  ],
  [
    "groups that do not divide",
    edit("[128, 3, 2]", "[128, 3, 2, 1, 5]"),
    "row 1 (backbone[1])",
    /Conv has 5 groups, which must divide its 16 input and 32 output channels/,
  ],
  [
    "a stride of 3",
    edit("[128, 3, 2]", "[128, 3, 3]"),
    "row 1 (backbone[1])",
    /Conv has stride 3, expected 1, 2, 4, 8/,
  ],
  // Kernel 2 is padded by 1: floor((256 + 2 - 2) / 2) + 1.
  [
    "an even kernel",
    edit("[128, 3, 2]", "[128, 2, 2]"),
    "row 1 (backbone[1])",
    /kernel 2, stride 2, dilation 1 and padding 1 makes 129 rows of 256, expected 128/,
  ],
  [
    "a Conv repeated",
    edit("[-1, 1, Conv, [64, 3, 2]]", "[-1, 9, Conv, [64, 3, 2]]"),
    "row 0 (backbone[0])",
    /Conv cannot repeat 3 times/,
  ],
  [
    "hidden groups that do not divide",
    edit("[512, True]", "[512, True, 7]"),
    "row 6 (backbone[6])",
    /C2f has 7 groups, which must divide its 64/,
  ],
  [
    "no hidden channels",
    edit("[512, True]", "[512, True, 1, 0.001]"),
    "row 6 (backbone[6])",
    /C2f has 0 hidden channels/,
  ],
  // 176 x 0.25 = 44, rounded up 48, half of it 24.
  [
    "attention heads that do not fit",
    edit("C2f, [512, True]", "A2C2f, [176]"),
    "row 6 (backbone[6])",
    /A2C2f has 24 hidden channels \(48 x 0.5\), expected a multiple of 32/,
  ],
  [
    "heads that do not divide",
    edit("C2f, [512, True]", "A2C2f, [512, {heads: 7}]"),
    "row 6 (backbone[6])",
    /7 heads, which must divide its 64 hidden/,
  ],
  [
    "a residual of other channels",
    edit("C2f, [512, True]", "A2C2f, [1024, True, 1, True]"),
    "row 6 (backbone[6])",
    /adds its input of 128 channels to an output of 256/,
  ],
  [
    "no perceptron",
    edit("C2f, [512, True]", "A2C2f, [512, {mlp_ratio: 0.001}]"),
    "row 6 (backbone[6])",
    /mlp_ratio of 0.001/,
  ],
  [
    "a head on the image",
    "nc: 1\nbackbone: []\nhead:\n  - [-1, 1, Detect, [nc]]\n",
    "row 0 (head[0])",
    /Detect reads the image itself/,
  ],
  [
    "a map larger than the image",
    "nc: 1\nbackbone:\n  - [-1, 1, Upsample, [None, 2]]\nhead:\n  - [-1, 1, Detect, [nc]]\n",
    "row 1 (head[0])",
    /row 0, whose map is larger than the image \(stride 0.5\)/,
  ],
];

describe("a broken model YAML", () => {
  test.each(BROKEN)("with %s is refused by row or key", (_, text, at, message) => {
    const read = () => parseModelYaml(text, { file: "yolov8n.yaml" });
    expect(read).toThrow(expect.objectContaining({ code: "invalid_model", place: { file: "yolov8n.yaml", at } }));
    expect(read).toThrow(message);
    expect(read).toThrow(/^yolov8n\.yaml: /);
  });

  test("that multiplies without end is refused", () => {
    const layer = (name: string, of: string) => `${name}: &${name} [${new Array(10).fill(`*${of}`).join(", ")}]\n`;
    const text = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${layer("b", "a")}${layer("c", "b")}${layer("d", "c")}`;
    expect(() => parseModelYaml(text, { file: "bomb.yaml" })).toThrow(
      expect.objectContaining({ code: "invalid_model" }),
    );
  });

  test("stored in a checkpoint is refused too", () => {
    expect(() => readModel(null)).toThrow(expect.objectContaining({ code: "invalid_model" }));
    expect(() => readModel({ yaml_file: "x.yaml", backbone: [] })).toThrow(/^x\.yaml: head: no such key/);
  });
});
