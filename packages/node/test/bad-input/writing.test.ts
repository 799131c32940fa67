/**
 * @file Full disks, and places that will not do. A full disk is `/dev/full`, which takes no byte,
 * in the place of the file to be written.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { runExport } from "../../src/cli/run-export";
import { writePhantoms } from "../../src/phantom/write-phantoms";
import { predict } from "../../src/predict/predict";
import { brightDetector } from "../bright-detector";
import { SIDE } from "../training/small-network";
import { plain, putTraining, smallWeights, trainIn } from "./material";
import { Scratch } from "./scratch";
import { type BadInput, refusals } from "./table";

/** A run that writes its files beside `full`, for which the disk has no room. */
function trainedOnFullDisk(full: string): Pick<BadInput, "make" | "act" | "file" | "code"> {
  return {
    code: "disk_full",
    file: `runs/run/${full}`,
    make: async (scratch) => {
      await putTraining(scratch);
      await scratch.fullDisk(`runs/run/${full}`);
    },
    act: (scratch) => trainIn(scratch, { arguments: { exist_ok: true } }),
  };
}

async function putPrediction(scratch: Scratch): Promise<void> {
  await scratch.put("model.onnx", brightDetector());
  await scratch.put("a.png", await plain().png().toBuffer());
}

function predictIn(scratch: Scratch, out = "out"): Promise<unknown> {
  return predict({
    ...{ model: scratch.path("model.onnx"), sources: [scratch.path("a.png")], out: scratch.path(out), threads: 1 },
  });
}

/** A prediction whose file `full` finds no room; pictures are written in place. */
function predictedOnFullDisk(full: string): Pick<BadInput, "make" | "act" | "file" | "code"> {
  return {
    code: "disk_full",
    file: `out/${full}`,
    make: async (scratch) => {
      await putPrediction(scratch);
      await (full.endsWith(".png") ? scratch.fullDiskInPlace(`out/${full}`) : scratch.fullDisk(`out/${full}`));
    },
    act: (scratch) => predictIn(scratch),
  };
}

function exportIn(scratch: Scratch, out: string): Promise<unknown> {
  const imgsz = { height: SIDE, width: SIDE };
  const options = { format: "onnx", imgsz, batch: 1, dynamic: false, half: false } as const;
  return runExport({ ...options, model: scratch.path("best.safetensors"), out: scratch.path(out) });
}

const NO_ROOM = "cannot be written: no space left; free some and run again";

const FULL_DISK: readonly BadInput[] = [
  { what: "the weights of an epoch", ...trainedOnFullDisk("weights/last.safetensors"), says: NO_ROOM },
  { what: "the state of a run", ...trainedOnFullDisk("weights/resume.safetensors"), says: NO_ROOM },
  { what: "the table of a run", ...trainedOnFullDisk("results.csv"), says: NO_ROOM },
  { what: "the record of a run", ...trainedOnFullDisk("args.json"), says: NO_ROOM },
  { what: "findings", ...predictedOnFullDisk("findings.json"), says: NO_ROOM },
  { what: "a table of findings", ...predictedOnFullDisk("findings.csv"), says: NO_ROOM },
  { what: "a picture of findings", ...predictedOnFullDisk("annotated/a.png"), says: NO_ROOM },
  { what: "the page of findings", ...predictedOnFullDisk("index.html"), says: NO_ROOM },
  {
    what: "an exported model",
    make: async (scratch) => {
      await scratch.put("best.safetensors", smallWeights());
      await scratch.fullDisk("best.onnx");
    },
    act: (scratch) => exportIn(scratch, "best.onnx"),
    code: "disk_full",
    file: "best.onnx",
    says: NO_ROOM,
  },
  {
    what: "drawn radiographs",
    make: async (scratch) => {
      await scratch.put("phantoms/phantom.yaml");
      await scratch.fullDiskInPlace("phantoms/README.md");
    },
    act: (scratch) => writePhantoms({ out: scratch.path("phantoms"), count: 1, size: 64 }),
    code: "disk_full",
    file: "phantoms/README.md",
    says: NO_ROOM,
  },
];

describe.skipIf(!existsSync("/dev/full"))(
  "a full disk (skipped where there is no /dev/full) ends the writing of",
  () => {
    refusals(FULL_DISK);

    test("findings, which leaves neither half of them nor other files behind", async () => {
      const scratch = await Scratch.make();
      await putPrediction(scratch);
      await scratch.fullDisk("out/findings.csv");
      await expect(predictIn(scratch)).rejects.toMatchObject({ code: "disk_full" });
      const left = await readdir(scratch.path("out"));
      expect(left.filter((name) => name.endsWith(".tmp") || name === "index.html")).toEqual([]);
      await scratch.remove();
    });
  },
);

const PLACES: readonly BadInput[] = [
  {
    what: "a folder of runs that is a file",
    make: async (scratch) => {
      await putTraining(scratch);
      await scratch.put("runs");
    },
    act: (scratch) => trainIn(scratch),
    code: "write_failed",
    file: "runs/run",
    says: "cannot be written",
  },
  {
    what: "a run whose folder is a file",
    make: async (scratch) => {
      await putTraining(scratch);
      await scratch.put("runs/run");
    },
    act: (scratch) => trainIn(scratch, { arguments: { exist_ok: true } }),
    code: "write_failed",
    file: "runs/run",
    says: "a part of its path is a file",
  },
  {
    what: "results below a file",
    make: putPrediction,
    act: (scratch) => predictIn(scratch, "a.png/out"),
    code: "write_failed",
    file: "a.png/out",
    says: "cannot be written",
  },
  {
    what: "findings where a folder of their name stands",
    make: async (scratch) => {
      await putPrediction(scratch);
      await scratch.put("out/findings.json/kept.txt");
    },
    act: (scratch) => predictIn(scratch),
    code: "write_failed",
    file: "out/findings.json",
    says: "there is a folder of this name",
  },
  {
    what: "an export where a folder of its name stands",
    make: async (scratch) => {
      await scratch.put("best.safetensors", smallWeights());
      await scratch.folder("best.onnx");
    },
    act: (scratch) => exportIn(scratch, "best.onnx"),
    code: "write_failed",
    file: "best.onnx",
    says: "there is a folder of this name",
  },
  {
    what: "radiographs drawn into a folder of other things",
    make: (scratch) => scratch.put("home/thesis.docx"),
    act: (scratch) => writePhantoms({ out: scratch.path("home"), count: 1, size: 64 }),
    code: "write_failed",
    file: "home",
    says: "holds other files (thesis.docx ...)",
  },
  {
    what: "sources that do not exist",
    make: putPrediction,
    act: (scratch) => {
      const [model, out] = [scratch.path("model.onnx"), scratch.path("out")];
      return predict({ model, sources: [scratch.path("scans/2024")], out });
    },
    code: "file_not_found",
    file: "scans/2024",
    says: "no such file or folder",
  },
];

describe("a place that will not do is refused:", () => {
  refusals(PLACES);
});
