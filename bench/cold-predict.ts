/**
 * @file What the command line adds to a prediction: `fovea predict` on one image in a fresh process, less the time
 * that the network takes in a warm one.
 *
 * The files are in the page cache; the process, its modules and its session are new each time.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { sharedPath } from "../test/shared";
import { listed } from "./harness/batch";
import { Child } from "./harness/child";
import { oursCommand } from "./harness/duel";
import { numberOption } from "./harness/pairing-options";
import { processTicks, untilIdle, watch } from "./harness/processor";
import { quantile } from "./harness/quantile";
import { report, spread } from "./harness/report";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- cold-predict [OPTIONS]
  --model NAME      yolov8n (default) or yolo12n
  --size PX         (640)
  --runs N          valid runs wanted (9)
  --max-others X    a run is void if anything else used more than this share of the processor (0.05)
  --threads N       of the warm process that tells the network's own time (2)`;

const HEAD = [
  "| what | wall, ms (10-90 %) | network alone, ms | beside it, ms | peak memory, MiB | runs (void) |",
  "|---|---|---|---|---|---|",
].join("\n");

const WARM_STEPS = 12;

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "yolov8n" },
    size: { type: "string", default: "640" },
    runs: { type: "string", default: "9" },
    "max-others": { type: "string", default: "0.05" },
    threads: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});

interface Run {
  readonly wallMs: number;
  readonly peakRssMib: number;
}

/** One fresh process. Throws if it fails. */
function run(executable: string, options: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(executable, options, { stdio: ["ignore", "ignore", "inherit"] });
    let peakRssMib = 0;
    // The kernel forgets a process's peak with the process; looked at every 20 ms, its last growth may be missed.
    const look = setInterval(() => {
      const status = readStatus(child.pid);
      peakRssMib = Math.max(peakRssMib, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    }, 20);
    child.on("error", reject);
    child.on("exit", (code) => {
      clearInterval(look);
      if (code === 0) resolve({ wallMs: performance.now() - begin, peakRssMib });
      else reject(new Error(`${executable} ${options.join(" ")}: exit code ${code}`));
    });
  });
}

function readStatus(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return ""; // It has just ended.
  }
}

/** Time of the network alone in a warm process, ms, median. */
async function networkMs(weights: string, image: string): Promise<number> {
  const child = await Child.start(
    oursCommand("ours/predict.js", [
      ...["--model", values.model, "--weights", weights, "--size", values.size, "--threads", values.threads],
      ...["--conf", "0.25", "--iou", "0.7", "--letterbox", "auto"],
    ]),
  );
  const times: number[] = [];
  for (let i = 0; i < WARM_STEPS; i++) {
    const { modelMs } = await child.step(image);
    if (modelMs === undefined) throw new Error("ours/predict does not tell the network's own time");
    times.push(modelMs);
  }
  child.stop();
  return quantile(times.slice(2), 0.5);
}

async function main(): Promise<void> {
  const maxOthers = numberOption("max-others", values["max-others"]);
  const wanted = numberOption("runs", values.runs);
  const weights = sharedPath(`reference/yolo/bccd-${values.model}.pt`);
  const image = listed(sharedPath("data/det_bccd"), "yolo_val.txt")[0];
  const out = mkdtempSync(join(tmpdir(), "fovea-bench-"));
  const command = ["predict", "--model", weights, "--source", image, "--imgsz", values.size, "--out", out];
  const runs: Run[] = [];
  let voided = 0;
  try {
    await untilIdle({ maxOthers });
    const network = await networkMs(weights, image);
    await run("node_modules/.bin/fovea", command); // Fills the page cache.
    while (runs.length < wanted && voided <= 2 * wanted) {
      await untilIdle({ maxOthers });
      // The child is gone when its ticks are read: they are then among those its parent has waited for.
      const { result, others } = await watch(
        () => processTicks("self").waited,
        () => run("node_modules/.bin/fovea", command),
      );
      if (others <= maxOthers) runs.push(result);
      else voided++;
      console.log(`${result.wallMs.toFixed(0)} ms, others ${(100 * others).toFixed(1)} %`);
    }
    summarise(runs, voided, network);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function summarise(runs: readonly Run[], voided: number, network: number): void {
  const wall = spread(runs.map(({ wallMs }) => wallMs));
  const peak = Math.max(...runs.map(({ peakRssMib }) => peakRssMib));
  const name = `cold predict ${values.model}, one image, ${values.size} px`;
  const times = `${wall.median.toFixed(0)} (${wall.p10.toFixed(0)}-${wall.p90.toFixed(0)}) | ${network.toFixed(0)}`;
  const beside = `${(wall.median - network).toFixed(0)} | ${peak.toFixed(0)} | ${runs.length} (${voided})`;
  report(name, `| ${name} | ${times} | ${beside} |`, { name, wall, network, voided, runs }, HEAD);
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
