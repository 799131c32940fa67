/**
 * @file A tree of CT slices to 8-bit PNG, ours in two threads against pydicom and Pillow in two processes.
 *
 * A step is the whole tree, from files to files. Pillow compresses at level 6 with a filter for each row, ours has the
 * filter Paeth and looks for runs alone; the files come out equally small. Before anything is timed all pictures of both are read back and must be equal, pixel by pixel. `--memory N` converts N files with the
 * command line instead and tells how its memory goes.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";

import { Child } from "./harness/child";
import { CT_KINDS, writeCtTree } from "./harness/ct-tree";
import { duel, oursCommand } from "./harness/duel";
import { memoryOfCommand } from "./harness/memory-run";
import { numberOption, PAIRING_HELP, PAIRING_OPTIONS, pairOptions } from "./harness/pairing-options";
import { peerCommand } from "./harness/peer";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- dicom-convert [OPTIONS]      (build first: threads load dist)
  --kind NAME       ${CT_KINDS.join(", ")} (plain): how the slices are stored
  --files N         slices of the tree (120)
  --window C,W      (40,400)
  --memory N        convert N files once and watch the memory, instead of timing${PAIRING_HELP}`;

/** Bytes of the pictures: two encoders that choose filters alike differ by a few per cent. */
const TOLERANCE = 0.1;

const { values } = parseArgs({
  options: {
    kind: { type: "string", default: "plain" },
    files: { type: "string", default: "120" },
    window: { type: "string", default: "40,400" },
    memory: { type: "string" },
    ...PAIRING_OPTIONS,
    "warm-up": { type: "string", default: "2" },
  },
});

const METHODS = ["table", "array"].map((name) => ({
  name,
  label: `pydicom and Pillow, ${name}`,
  options: ["--method", name],
}));

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fovea-bench-dicom-"));
  const [tree, out] = [join(folder, "tree"), join(folder, "out")];
  try {
    if (values.memory !== undefined) {
      const count = numberOption("memory", values.memory);
      writeCtTree(tree, values.kind, count, Math.min(count, 400));
      const options = ["dicom", "convert", tree, "--out", out, `--window=${values.window}`, "--workers", "2"];
      await memoryOfCommand(`memory of converting ${count} CT slices, ${values.kind}`, options);
      return;
    }
    const files = numberOption("files", values.files);
    writeCtTree(tree, values.kind, files);
    const threads = numberOption("threads", values.threads);
    const [center, width] = values.window.split(",");
    const options = ["--tree", tree, "--out", out, "--center", center, "--width", width, "--threads", `${threads}`];
    await assertEqualPictures(options, out, threads);
    await duel({
      name: `convert ${files} CT slices of 512 x 512, ${values.kind}`,
      ours: "ours/dicom-convert.js",
      peer: "dicom_convert.py",
      options,
      variants: METHODS,
      threads,
      rounds: numberOption("rounds", values.rounds),
      self: values.self,
      pairing: { ...pairOptions(values), tolerance: TOLERANCE },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Both convert once; throws at the first pixel that differs. */
async function assertEqualPictures(options: readonly string[], out: string, threads: number): Promise<void> {
  for (const command of [
    oursCommand("ours/dicom-convert.js", options),
    peerCommand("dicom_convert.py", METHODS[0], options, threads),
  ]) {
    const child = await Child.start(command);
    const { check } = await child.step("");
    console.log(`${command.label}: ${check[0]} pictures of ${(check[1] / 2 ** 20).toFixed(2)} MiB`);
    child.stop();
  }
  const pictures = readdirSync(join(out, "ours"), { recursive: true }).map(String);
  let compared = 0;
  for (const name of pictures.filter((path) => path.endsWith(".png"))) {
    const [a, b] = await Promise.all(
      ["ours", "peer"].map((side) =>
        sharp(join(out, side, name))
          .raw()
          .toBuffer(),
      ),
    );
    if (!a.equals(b)) throw new Error(`${name}: the two pictures are not equal`);
    compared++;
  }
  console.log(`${compared} pictures are equal, pixel by pixel`);
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
