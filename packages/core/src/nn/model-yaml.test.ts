import { describe, expect, test } from "vitest";
import { BACKBONE, SCALES, UPWARD, YOLOV8 } from "../../test/yolov8-yaml";
import { countNetwork } from "./count";
import { parseModelYaml } from "./model-yaml";
import { networkByName } from "./network-by-name";

/** A network of a few rows: stride 4, channels as they are written. */
function small(rows: readonly string[], head = "[[-1], 1, Detect, [nc]]"): string {
  const backbone = ["[-1, 1, Conv, [32, 3, 2]]", "[-1, 1, Conv, [64, 3, 2]]", ...rows].map((row) => `  - ${row}`);
  return `nc: 2\nbackbone:\n${backbone.join("\n")}\nhead:\n  - ${head}\n`;
}

describe("parseModelYaml", () => {
  test("makes the rows of the published network from its YAML", () => {
    const { network, warnings } = parseModelYaml(YOLOV8, { file: "models/yolov8n.yaml" });
    expect(network).toEqual(networkByName("yolov8n", { nc: 3 }).network);
    expect(warnings).toEqual([]);
  });

  test("takes Upsample, nn.Upsample and torch.nn.Upsample for the same", () => {
    for (const name of ["Upsample", "torch.nn.Upsample"]) {
      const { network } = parseModelYaml(YOLOV8.replaceAll("nn.Upsample", name), { file: "yolov8n.yaml" });
      expect(network.rows[10]).toEqual({ module: "Upsample", from: [9], scale: 2 });
    }
  });

  test("counts from back and forth", () => {
    const { rows } = parseModelYaml(YOLOV8, { file: "yolov8n.yaml" }).network;
    expect(rows[0].from).toEqual([-1]);
    expect(rows[1].from).toEqual([0]);
    expect(rows[11].from).toEqual([10, 6]);
    const back = parseModelYaml(YOLOV8.replace("[-1, 6], 1, Concat", "[-1, -5], 1, Concat"), { file: "yolov8n.yaml" });
    expect(back.network.rows[11].from).toEqual([10, 6]);
  });

  test("reads the Conv arguments c2, k, s, p, g, d, act", () => {
    const { rows } = parseModelYaml(
      small(["[-1, 1, Conv, [64, 3, 1, None, 4, 2, False]]", "[-1, 1, Conv, [64]]", "[-1, 1, DWConv, [96, 3]]"]),
    ).network;
    // Dilation 2 makes a kernel of 3 reach over 5: padding 2.
    expect(rows[2]).toMatchObject({ c1: 64, c2: 64, k: 3, s: 1, p: 2, g: 4, d: 2, act: false });
    expect(rows[3]).toMatchObject({ k: 1, s: 1, p: 0, g: 1, d: 1, act: true });
    // The largest number that divides 64 and 96.
    expect(rows[4]).toMatchObject({ module: "Conv", c1: 64, c2: 96, k: 3, p: 1, g: 32 });
  });

  test("reads C2f, C3 and C3k2 with their own orders and defaults", () => {
    const { rows } = parseModelYaml(
      small([
        "[-1, 2, C2f, [64]]",
        "[-1, 2, C2f, [64, True, 2, 0.25]]",
        "[-1, 1, C3, [64]]",
        "[-1, 1, C3k2, [64]]",
        "[-1, 1, C3k2, [64, True, 0.25, 2, False]]",
      ]),
    ).network;
    expect(rows[2]).toEqual({ module: "C2f", from: [1], c1: 64, c2: 64, n: 2, shortcut: false, g: 1, e: 0.5 });
    expect(rows[3]).toMatchObject({ shortcut: true, g: 2, e: 0.25 });
    expect(rows[4]).toMatchObject({ module: "C3", shortcut: true, g: 1, e: 0.5 });
    expect(rows[5]).toMatchObject({ module: "C3k2", c3k: false, e: 0.5, g: 1, shortcut: true });
    expect(rows[6]).toMatchObject({ c3k: true, e: 0.25, g: 2, shortcut: false });
  });

  describe("attention", () => {
    const row = (args: string, file?: string) =>
      parseModelYaml(small([`[-1, 1, A2C2f, ${args}]`]), { file }).network.rows[2];

    test("is tuned by place: a2, area, residual, mlp_ratio, e, g, shortcut", () => {
      expect(row("[64, True, 4, True, 1.5, 1.0]")).toMatchObject({
        ...{ a2: true, area: 4, residual: true, mlpRatio: 1.5, e: 1, g: 1, shortcut: true, heads: 2 },
      });
    });

    test("is tuned by name", () => {
      const tuned = row("[64, {heads: 8, mlp_ratio: 1.5, area: 4}]");
      expect(tuned).toMatchObject({ a2: true, area: 4, residual: false, mlpRatio: 1.5, heads: 8 });
      expect(row("[64, True, 4, {heads: 4}]")).toMatchObject({ area: 4, heads: 4 });
    });

    test("takes what a row says over what the size brings", () => {
      const text = `scales: { l: [1, 1, 512] }\n${small(["[-1, 1, A2C2f, [64, True, 4, False, 2.0]]"])}`;
      const { rows } = parseModelYaml(text, { file: "yolo12l.yaml" }).network;
      expect(rows[2]).toMatchObject({ residual: false, mlpRatio: 2 });
      const plain = `scales: { l: [1, 1, 512] }\n${small(["[-1, 1, A2C2f, [64, True, 4]]"])}`;
      expect(parseModelYaml(plain).network.rows[2]).toMatchObject({ residual: true, mlpRatio: 1.2 });
    });

    test("changes parameters as its arguments say", () => {
      const count = (args: string) =>
        countNetwork(parseModelYaml(small([`[-1, 1, A2C2f, ${args}]`])).network).parameters;
      // 64 hidden channels, two blocks; from 2 x 64 to 1 x 64 in the middle of each perceptron, each with its norm, the
      // perceptron loses 64 x 64 weights twice and 2 x 64 values of the norm.
      expect(count("[128, True, 1]") - count("[128, True, 1, {mlp_ratio: 1}]")).toBe(2 * (2 * 4096 + 128));
      expect(count("[128, True, 1, {heads: 8}]")).toBe(count("[128, True, 1]"));
    });

    test("warns where its stripes may not divide the map", () => {
      const text = small(["[-1, 1, A2C2f, [64, True, 4]]"]);
      expect(parseModelYaml(text).warnings.join()).toMatch(/row 2: A2C2f attends in 4 stripes/);
    });
  });

  describe("number of classes", () => {
    const without = YOLOV8.replace("nc: 3\n", "");

    test("comes from the data, then the head, then nc, then is 80", () => {
      const nc = (text: string, data?: number) => parseModelYaml(text, { file: "yolov8n.yaml", nc: data }).network.nc;
      expect(nc(YOLOV8)).toBe(3);
      expect(nc(YOLOV8, 5)).toBe(5);
      expect(nc(without.replace("[nc]", "[4]"))).toBe(4);
      expect(nc(without.replace("[nc]", "[4]"), 5)).toBe(5);
      expect(nc(without.replace("[nc]", '["nc"]'), 2)).toBe(2);
      expect(nc(without)).toBe(80);
    });

    test("is said where it is not what the file says", () => {
      const warnings = (text: string, nc?: number) => parseModelYaml(text, { file: "yolov8n.yaml", nc }).warnings;
      expect(warnings(without)).toEqual(["no nc: 80 classes are taken"]);
      expect(warnings(YOLOV8, 5)).toEqual(["nc is 3: 5 classes are taken, as the data have"]);
      expect(warnings(YOLOV8.replace("[nc]", "[4]"))).toEqual(["nc is 3: 4 classes are taken, as Detect says"]);
      expect(warnings(YOLOV8, 3)).toEqual([]);
    });
  });

  describe("size", () => {
    const read = (text: string, options = {}) => parseModelYaml(text, options);
    // Rows 0 have 64 x 0.25 and 64 x 0.75 channels.
    const [n, m] = [16, 48];
    const width = (text: string, options = {}) => read(text, options).network.rows[0];

    test.each([
      ["yolov8n.yaml", n],
      ["some/where/yolov8m-p2.yaml", m],
      ["C:\\models\\YOLOv8m_lesion.yaml", m],
      ["my-yolov8n-seg.yml", n],
    ])("comes from the file's name %s", (file, c2) => {
      expect(width(YOLOV8, { file })).toMatchObject({ c2 });
      expect(read(YOLOV8, { file }).warnings).toEqual([]);
    });

    test("comes from scale, and from the caller first", () => {
      expect(width(`scale: m\n${YOLOV8}`, { file: "lesion.yaml" })).toMatchObject({ c2: m });
      expect(width(`scale: m\n${YOLOV8}`, { file: "lesion.yaml", scale: "n" })).toMatchObject({ c2: n });
    });

    test.each([
      ["yolov8-lesion.yaml", "neither scale nor the file's name says a size: the first is taken, n"],
      ["yolov8medical.yaml", "neither scale nor the file's name says a size: the first is taken, n"],
      ["yolov8x.yaml", "scales has no size x: the first is taken, n"],
    ])("is the first where %s names none, with a warning", (file, warning) => {
      expect(width(YOLOV8, { file })).toMatchObject({ c2: n });
      expect(read(YOLOV8, { file }).warnings).toEqual([warning]);
    });

    test("is warned of where key and name disagree", () => {
      expect(read(`scale: m\n${YOLOV8}`, { file: "yolov8n.yaml" }).warnings).toEqual([
        "size m is taken, as the key scale says, although the file's name says n",
      ]);
    });

    test("is one where the file has no scales", () => {
      const { network, warnings } = read(YOLOV8.replace(SCALES, ""), { file: "yolov8n.yaml" });
      expect(network.rows[0]).toMatchObject({ c2: 64 });
      expect(network.rows[4]).toMatchObject({ c2: 256, n: 6 });
      expect(warnings).toEqual(["no scales: channels and repeats are taken as they are written"]);
    });

    test("comes from depth_multiple and width_multiple of older files", () => {
      const old = YOLOV8.replace(SCALES, "depth_multiple: 0.33\nwidth_multiple: 0.25\n");
      const { network, warnings } = read(old, { file: "yolov8n.yaml" });
      expect(network.rows).toEqual(networkByName("yolov8n", { nc: 3 }).network.rows);
      expect(warnings).toEqual([]);
    });

    test("rounds repeats half to even and channels up to a multiple of 8", () => {
      const text = small(["[-1, 3, C2f, [100]]", "[-1, 5, C2f, [64]]"]);
      const { rows } = parseModelYaml(`scales: { n: [0.5, 0.5, 64] }\n${text}`).network;
      // 1.5 -> 2, 2.5 -> 2; 100 limited to 64, half of it 32.
      expect(rows[2]).toMatchObject({ n: 2, c2: 32 });
      expect(rows[3]).toMatchObject({ n: 2 });
      // 36 x 0.25 = 9.
      const odd = parseModelYaml(`scales: { n: [1, 0.25, 1024] }\n${small(["[-1, 1, Conv, [36]]"])}`).network;
      expect(odd.rows[2]).toMatchObject({ c2: 16 });
    });
  });

  test("takes the channels of the image from ch, channels or the caller", () => {
    const c1 = (text: string, ch?: number) => parseModelYaml(text, { file: "yolov8n.yaml", ch }).network.rows[0];
    expect(c1(YOLOV8)).toMatchObject({ c1: 3 });
    expect(c1(`ch: 1\n${YOLOV8}`)).toMatchObject({ c1: 1 });
    expect(c1(`channels: 1\n${YOLOV8}`)).toMatchObject({ c1: 1 });
    expect(c1(`ch: 1\n${YOLOV8}`, 4)).toMatchObject({ c1: 4 });
  });

  describe("an index slip", () => {
    const P2 = `${UPWARD}
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]] # 16
  - [[-1, 2], 1, Concat, [1]]
  - [-1, 3, C2f, [128]] # 18, stride 4
`;

    test("is built as written, with a warning that names the C2f rows probably meant", () => {
      const text = `nc: 1\n${SCALES}${BACKBONE}${P2}  - [[10, 13, 16], 1, Detect, [nc]]\n`;
      const { network, warnings } = parseModelYaml(text, { file: "yolov8n-p2.yaml" });
      // Row 9 has 256 channels, rows 12 and 15 have 128 and 64, each doubled in size.
      expect(network.rows[19]).toMatchObject({ from: [10, 13, 16], ch: [256, 128, 64] });
      expect(network.strides).toEqual([16, 8, 4]);
      expect(warnings).toEqual([
        "row 19: Detect reads row 10 (Upsample, stride 16), row 13 (Upsample, stride 8) and row 16 (Upsample, stride 4); " +
          "it is built so, but probably meant are C2f row 18, C2f row 15 and C2f row 12, [[18, 15, 12], 1, Detect, [nc]]",
        "row 19: Detect reads strides 16, 8, 4; expected each once, finest first",
        "rows 17 (Concat) and 18 (C2f) lead nowhere: no output of the head depends on them",
      ]);
      expect(countNetwork(network).parameters).toBeGreaterThan(0);
    });

    test("names the last C2f of each stride too, where the file goes down again", () => {
      const down = `
  - [-1, 1, Conv, [128, 3, 2]]
  - [[-1, 15], 1, Concat, [1]]
  - [-1, 3, C2f, [256]] # 21, stride 8
  - [-1, 1, Conv, [256, 3, 2]]
  - [[-1, 12], 1, Concat, [1]]
  - [-1, 3, C2f, [512]] # 24, stride 16
`;
      const text = `nc: 1\n${SCALES}${BACKBONE}${P2}${down}  - [[10, 13, 16], 1, Detect, [nc]]\n`;
      const [warning] = parseModelYaml(text, { file: "yolov8n-p2.yaml" }).warnings;
      expect(warning).toMatch(/\[\[18, 15, 12\], 1, Detect, \[nc\]\]; or the last of each stride/);
      expect(warning).toMatch(/C2f row 18, C2f row 21 and C2f row 24, \[\[18, 21, 24\], 1, Detect, \[nc\]\]$/);
    });

    test("is found in a single Concat row among right ones", () => {
      const [warning] = parseModelYaml(YOLOV8.replace("[15, 18, 21]", "[15, 17, 21]"), {
        file: "yolov8n.yaml",
      }).warnings;
      expect(warning).toMatch(
        /reads row 17 \(Concat, stride 16\); .*C2f row 15, C2f row 18 and C2f row 21, \[\[15, 18, 21\]/,
      );
    });

    test("is described without rows where no C2f follows", () => {
      const text = small(["[-1, 1, Upsample, [None, 2]]"]);
      expect(parseModelYaml(text).warnings.join()).toMatch(/probably meant are the C2f, C3k2 or A2C2f rows/);
    });
  });

  test("ignores unknown keys, with a warning and the nearest known one", () => {
    const { warnings } = parseModelYaml(`scal: n\nauthor: us\n${YOLOV8}`, { file: "yolov8n.yaml" });
    expect(warnings).toEqual([
      'key "scal" is unknown and ignored; did you mean scale?',
      'key "author" is unknown and ignored',
    ]);
  });

  test("accepts SiLU by its names", () => {
    for (const activation of ["nn.SiLU()", "torch.nn.SiLU()", "SiLU", "nn.SiLU(inplace=True)"]) {
      expect(parseModelYaml(`activation: ${activation}\n${YOLOV8}`, { file: "yolov8n.yaml" }).warnings).toEqual([]);
    }
  });
});
