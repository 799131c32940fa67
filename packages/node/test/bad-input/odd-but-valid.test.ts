/**
 * @file Inputs that look broken and are not: they must be read, and rightly.
 */
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import { openDataset } from "../../src/data/open-dataset";
import { openTrainableModel } from "../../src/model/open-model";
import { predict } from "../../src/predict/predict";
import { openSourceBytes } from "../../src/predict/source-images";
import { listSources } from "../../src/predict/sources";
import { brightDetector } from "../bright-detector";
import { smallYaml } from "../training/small-network";
import { plain, putDataset } from "./material";
import { Scratch } from "./scratch";

interface OddInput {
  readonly what: string;
  readonly act: (scratch: Scratch) => Promise<unknown>;
  readonly gives: unknown;
}

/** Width, height, channels, type of the values, and the first `values` of the image in a file. */
function read(file: string, content: () => Uint8Array | Promise<Uint8Array>, values = 0): OddInput["act"] {
  return async () => {
    const { image } = await openSourceBytes(await content(), file).read(0);
    const { width, height, channels, data } = image;
    return [width, height, channels, data.constructor.name, ...data.slice(0, values)];
  };
}

/** How many images, failures and findings prediction counts in one file. */
function found(file: string, content: () => Uint8Array | Promise<Uint8Array>): OddInput["act"] {
  return async (scratch) => {
    const sources = [await scratch.put(file, await content())];
    const model = await scratch.put("model.onnx", brightDetector());
    // Mean of the picture and its margin is 0.25 at least; nothing is as bright as 0.99.
    const options = { model, sources, out: scratch.path("out"), threads: 1, conf: 0.99, pictures: false, page: false };
    const { summary } = await predict(options);
    return [summary.files, summary.failures, summary.findings];
  };
}

const grey16 = (value: number) =>
  sharp(new Uint16Array(40 * 30).fill(value), { raw: { width: 40, height: 30, channels: 1 } }).toColourspace("grey16");

const transparent = sharp({
  create: { width: 9, height: 8, channels: 4, background: { r: 1, g: 2, b: 3, alpha: 0 } },
});

/** How many lesions a label file gives, and the problems that are told. */
function labelled(text: string | Uint8Array): OddInput["act"] {
  return async (scratch) => {
    await putDataset(scratch, { labels: { 1: text } });
    const { samples, problems } = await openDataset(scratch.path("data.yaml"), "train", { onProblem: "refuse" });
    return [samples[0].labels.length, problems.map(({ severity, at }) => `${severity} at ${at}`)];
  };
}

const utf16 = (text: string) => Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, "utf16le")]);
const ROW = "0 0.5 0.5 0.2 0.2";

function scan(extra: readonly TestElement[]): Uint8Array {
  return dicomBytes(greyElements(16, 16, new Uint8Array(512), extra));
}

const ODD: readonly OddInput[] = [
  {
    what: "a picture of 1 x 1 is looked at",
    act: found("a.png", () => plain(1, 1).png().toBuffer()),
    gives: [1, 0, 0],
  },
  {
    what: "a picture of one row is looked at",
    act: found("a.png", () => plain(2000, 1).png().toBuffer()),
    gives: [1, 0, 0],
  },
  {
    what: "a PNG of 16 bits keeps them",
    act: read("a.png", () => grey16(40_000).png().toBuffer(), 1),
    gives: [40, 30, 1, "Uint16Array", 40_000],
  },
  {
    what: "a TIFF of 16 bits keeps them",
    act: read("a.tif", () => grey16(4095).tiff({ compression: "none" }).toBuffer(), 1),
    gives: [40, 30, 1, "Uint16Array", 4095],
  },
  {
    what: "a JPEG in CMYK has three channels",
    act: read("a.jpg", () => plain().toColourspace("cmyk").jpeg().toBuffer()),
    gives: [40, 30, 3, "Uint8Array"],
  },
  {
    what: "a PNG with transparency loses it alone",
    act: read("a.png", () => transparent.png().toBuffer(), 3),
    gives: [9, 8, 3, "Uint8Array", 1, 2, 3],
  },
  {
    what: "a JPEG named .png is read as what it is",
    act: read("a.png", () => plain().jpeg().toBuffer()),
    gives: [40, 30, 3, "Uint8Array"],
  },
  {
    what: "a DICOM file named .jpg is read as what it is",
    act: read("a.jpg", () => scan([])),
    gives: [16, 16, 1, "Uint8Array"],
  },
  {
    what: "a DICOM file of 0 frames has one",
    act: found("a.dcm", () => scan([[0x00280008, "IS", "0"]])),
    gives: [1, 0, 0],
  },
  {
    what: "a window of width 0 is passed over",
    act: found("a.dcm", () =>
      scan([
        [0x00281050, "DS", "10"],
        [0x00281051, "DS", "0"],
      ]),
    ),
    gives: [1, 0, 0],
  },
  {
    what: "a spacing of 0 mm is none",
    act: async () => (await openSourceBytes(scan([[0x00280030, "DS", "0\\0"]]), "a.dcm").read(0)).spacingMm,
    gives: undefined,
  },
  { what: "an empty label file says that nothing is there", act: labelled(""), gives: [0, []] },
  { what: "a label file with a mark and Windows' line ends", act: labelled(`\uFEFF${ROW}\r\n\r\n`), gives: [1, []] },
  { what: "a label file in UTF-16", act: labelled(utf16(`${ROW}\n`)), gives: [1, []] },
  { what: "a box that touches every edge", act: labelled("1 0.5 0.5 1.000000 1.0000004\n"), gives: [1, []] },
  { what: "a class written as 1.0", act: labelled("1.0 0.5 0.5 0.2 0.2\n"), gives: [1, []] },
  {
    what: "a box without width is left out with a warning",
    act: labelled(`${ROW}\n1 0.5 0.5 0 0.2\n`),
    gives: [1, ["warning at line 2"]],
  },
  { what: "a row twice is one lesion", act: labelled(`${ROW}\n${ROW}\n`), gives: [1, ["warning at line 2"]] },
  {
    what: "a data YAML in UTF-16",
    act: async (scratch) => {
      await putDataset(scratch, { images: ["1"] });
      await scratch.put("data.yaml", utf16("train: images\nnames: [结节]\n"));
      return (await openDataset(scratch.path("data.yaml"), "train")).names;
    },
    gives: ["结节"],
  },
  {
    what: "tags of a programming language in a data YAML run nothing and name nothing",
    act: async (scratch) => {
      await putDataset(scratch, { yaml: "train: !!python/name:os.system images\nnames: [a]\n", images: ["1"] });
      return (await openDataset(scratch.path("data.yaml"), "train")).samples.length;
    },
    gives: 1,
  },
  {
    what: "a list of images in UTF-16, as a shell of Windows writes it",
    act: async (scratch) => {
      const list = await scratch.put("list.txt", utf16("a.png\r\nb.png\r\n"));
      return (await listSources([list])).map((file) => file.slice(scratch.root.length + 1));
    },
    gives: ["a.png", "b.png"],
  },
  {
    what: "a model YAML in UTF-16",
    act: async (scratch) => {
      const model = await scratch.put("own.yaml", utf16(smallYaml()));
      return (await openTrainableModel(model, {})).network.rows.length;
    },
    gives: 6,
  },
];

describe("odd but valid:", () => {
  test.each(ODD.map((odd) => [odd.what, odd] as const))("%s", async (_, { act, gives }) => {
    const scratch = await Scratch.make();
    try {
      expect(await act(scratch)).toEqual(gives);
    } finally {
      await scratch.remove();
    }
  });
});
