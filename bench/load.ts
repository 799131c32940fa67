/**
 * @file `/analyze/image` under load: our service against FastAPI, uvicorn and ONNX Runtime, the same model, the same images.
 *
 * Both are started once and stand idle while the other has its turn; clients are a process of their own and the same for
 * both. Our side is `fovea serve` where it is built, else the inference pool behind one route.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";

import { sharedPath } from "../test/shared";
import type { Command } from "./harness/child";
import { oursCommand } from "./harness/duel";
import { freePort, type HttpService, startService } from "./harness/http-service";
import { type LoadAnswer, LoadClients, withMemory } from "./harness/load-turn";
import { numberOption } from "./harness/pairing-options";
import { familyTicks, watch } from "./harness/processor";
import { quantile } from "./harness/quantile";
import { report } from "./harness/report";
import { runBenchmark } from "./harness/run-benchmark";

const HELP = `npm run bench -- load [OPTIONS]       (build first: threads load dist)
  --seconds N       of each side in all (120)
  --turn N          seconds of one turn (20)
  --clients N       (16)
  --threads N       of the network, each side (2)
  --ours WHAT       our model: onnx, the file that the peer has (default), or weights
  --images WHAT     square: cut to equal sides, on which both see the same pixels (default), or as they are: mixed
  --peer MODE       threads, workers (two processes), paired, loop, or best of the four (best)
  --max-others X    a pair of turns is void if anything else used more of the processor (0.05)`;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    turn: { type: "string", default: "20" },
    clients: { type: "string", default: "16" },
    threads: { type: "string", default: "2" },
    ours: { type: "string", default: "onnx" },
    images: { type: "string", default: "square" },
    peer: { type: "string", default: "best" },
    "max-others": { type: "string", default: "0.05" },
    help: { type: "boolean", default: false },
  },
});

const WEIGHTS = sharedPath("reference/yolo/bccd-yolov8n.pt");
const CLI = "packages/node/bin/fovea.js";

/** Detections of all images together may differ so much: a resized image differs by a grey level here and there. */
const TOLERANCE = 0.05;

interface Turn extends LoadAnswer {
  readonly rssMib: readonly number[];
  /** Processor time of the service, ms. */
  readonly processorMs: number;
  /** Share of the processor that neither the service nor the clients used. */
  readonly others: number;
}

/**
 * Forty images as services get them: cells of 640 x 480, radiographs and MR slices of up to 1024, a quarter as PNG. Where they are
 * square, both networks get an input of 640 x 640: ours would pad others less.
 */
async function writeImages(folder: string): Promise<string[]> {
  const from = [
    "data/det_bccd/images",
    "data/det_bone_fracture/valid/images",
    "data/det_brain_tumor_mri/images",
  ].flatMap((path) => jpegs(sharedPath(path)).slice(0, 14));
  mkdirSync(folder);
  return Promise.all(
    from.slice(0, 40).map(async (path, i) => {
      const name = basename(path, ".jpg").replaceAll(/[^a-z0-9-]+/gi, "-");
      const file = join(folder, `${i}-${name}.${i % 4 === 0 ? "png" : "jpg"}`);
      const image = values.images === "mixed" ? sharp(path) : await squareOf(path);
      if (i % 4 === 0) await image.png().toFile(file);
      else await image.jpeg({ quality: 92 }).toFile(file);
      return file;
    }),
  );
}

/** The middle of an image. */
async function squareOf(path: string) {
  const { width, height } = await sharp(path).metadata();
  const side = Math.min(width, height);
  return sharp(path).extract({
    ...{ left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2) },
    ...{ width: side, height: side },
  });
}

function jpegs(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".jpg"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function exportModel(folder: string): string {
  const out = join(folder, "model.onnx");
  const options = [CLI, "export", "--model", WEIGHTS, "--imgsz", "640", "--out", out];
  const { status, stderr } = spawnSync(process.execPath, options, { encoding: "utf8" });
  if (status !== 0) throw new Error(`fovea export: ${stderr}`);
  return out;
}

async function startOurs(model: string, folder: string): Promise<HttpService> {
  const port = await freePort();
  if (!existsSync("packages/node/dist/cli/serve.js")) {
    const options = ["--model", model, "--port", `${port}`, "--threads", values.threads];
    return startService(oursCommand("ours/analyze-service.js", options), port);
  }
  const config = join(folder, "fovea.yaml");
  // Sixteen clients of one address ask more often than one client may; what it was trained at is no fair size.
  writeFileSync(
    config,
    [
      "http: { requests_per_minute: 10000000 }",
      `inference: { threads: ${values.threads} }`,
      `models: [{ file: ${JSON.stringify(model)}, imgsz: 640 }]`,
    ].join("\n"),
  );
  const data = ["--config", config, "--data-dir", join(folder, "data"), "--no-auth", "--port", `${port}`];
  const serve = { label: "fovea serve", executable: process.execPath, arguments: [CLI, "serve", ...data] };
  return startService(serve, port);
}

async function startPeer(model: string, mode: string): Promise<HttpService> {
  const port = await freePort();
  const workers = mode === "workers" ? ["--workers", "2"] : ["--mode", mode];
  const command: Command = {
    label: `FastAPI, ${mode}`,
    executable: process.env.FOVEA_BENCH_PYTHON ?? "python3",
    arguments: [
      ...["bench/peer/analyze_service.py", "--model", model, "--port", `${port}`, "--threads", values.threads],
      ...workers,
    ],
  };
  return startService(command, port);
}

async function turnOf(clients: LoadClients, service: HttpService, files: readonly string[], seconds: number) {
  const order = {
    url: `${service.url}/analyze/image`,
    clients: numberOption("clients", values.clients),
    seconds,
    files,
  };
  const before = familyTicks(service.pid);
  const { result, others } = await watch(
    () => familyTicks(service.pid) + familyTicks(clients.pid),
    () => withMemory(service.pid, () => clients.turn(order)),
  );
  // Clock ticks are 10 ms.
  const processorMs = 10 * (familyTicks(service.pid) - before);
  return { ...result.result, rssMib: result.rssMib, processorMs, others } satisfies Turn;
}

/** The peer in the mode that serves most requests, if it is to be chosen. */
async function bestPeer(clients: LoadClients, model: string, files: readonly string[]) {
  const trials: Record<string, number> = {};
  if (values.peer !== "best") return { service: await startPeer(model, values.peer), trials };
  for (const mode of ["threads", "workers", "paired", "loop"]) {
    const service = await startPeer(model, mode);
    await turnOf(clients, service, files, 0);
    trials[mode] = rate([await turnOf(clients, service, files, 10)]);
    console.log(`peer, ${mode}: ${trials[mode].toFixed(1)} requests a second`);
    await service.stop();
  }
  const best = Object.keys(trials).reduce((a, b) => (trials[b] > trials[a] ? b : a));
  return { service: await startPeer(model, best), trials };
}

const rate = (turns: readonly Turn[]) =>
  turns.reduce((sum, { times, failed }) => sum + times.length - failed, 0) /
  turns.reduce((sum, { ms }) => sum + ms / 1000, 0);

function summary(turns: readonly Turn[]) {
  const times = turns.flatMap((turn) => turn.times);
  const rss = turns.flatMap(({ rssMib }) => rssMib);
  const third = Math.max(1, Math.floor(rss.length / 3));
  return {
    requestsPerSecond: rate(turns),
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    requests: times.length,
    processorMs: turns.reduce((sum, { processorMs }) => sum + processorMs, 0) / times.length,
    failed: turns.reduce((sum, { failed }) => sum + failed, 0),
    errors: turns.flatMap(({ errors }) => errors).slice(0, 5),
    /** Medians of the first and the last third, and the most. */
    rssMib: [quantile(rss.slice(0, third), 0.5), quantile(rss.slice(-third), 0.5), Math.max(...rss)],
  };
}

/**
 * Both must find the same in the same images: in those of equal sides, as the network of the weights pads the others less
 * than the exported file does, and a padded edge moves what lies at the threshold.
 */
async function checkSame(ours: Turn, peer: Turn, files: readonly string[]): Promise<void> {
  const sizes = await Promise.all(files.map((file) => sharp(file).metadata()));
  const square = files.filter((_, i) => sizes[i].width === sizes[i].height).map((file) => basename(file));
  const total = ({ counts }: Turn) => square.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  if (ours.failed + peer.failed > 0) throw new Error([...ours.errors, ...peer.errors].join("\n"));
  const [a, b] = [total(ours), total(peer)];
  if (Math.abs(a - b) > TOLERANCE * Math.max(a, b)) throw new Error(`we find ${a} lesions, the peer ${b}`);
}

async function duelOf(clients: LoadClients, ours: HttpService, peer: HttpService, files: readonly string[]) {
  await checkSame(await turnOf(clients, ours, files, 0), await turnOf(clients, peer, files, 0), files);
  const seconds = numberOption("turn", values.turn);
  const maxOthers = numberOption("max-others", values["max-others"]);
  const wanted = Math.ceil(numberOption("seconds", values.seconds) / seconds);
  const turns: { ours: Turn; peer: Turn }[] = [];
  let voided = 0;
  while (turns.length < wanted && voided <= 2 * wanted) {
    const oursFirst = (turns.length + voided) % 2 === 0;
    const first = await turnOf(clients, oursFirst ? ours : peer, files, seconds);
    const second = await turnOf(clients, oursFirst ? peer : ours, files, seconds);
    const pair = oursFirst ? { ours: first, peer: second } : { ours: second, peer: first };
    const others = Math.max(first.others, second.others);
    if (others <= maxOthers) turns.push(pair);
    else voided++;
    const rates = `${rate([pair.ours]).toFixed(2)} and ${rate([pair.peer]).toFixed(2)} requests a second`;
    console.log(`${rates}, others ${(100 * others).toFixed(1)} %`);
  }
  if (turns.length === 0) throw new Error(`all ${voided} pairs of turns are void: something else used the processor`);
  return { turns, voided };
}

const HEAD = [
  "| what | Fovea, requests/s | peer, requests/s | ratio | p50, ms | p99, ms | processor, ms a request | errors | memory, MiB (first third, last third) | seconds each (void) |",
  "|---|---|---|---|---|---|---|---|---|---|",
].join("\n");

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fovea-load-"));
  const clients = await LoadClients.start(oursCommand("ours/load-clients.js", []).arguments.at(-1) ?? "");
  const services: HttpService[] = [];
  try {
    const files = await writeImages(join(folder, "images"));
    const model = exportModel(folder);
    const { service: peer, trials } = await bestPeer(clients, model, files);
    services.push(peer);
    const ours = await startOurs(values.ours === "weights" ? WEIGHTS : model, folder);
    services.push(ours);
    const { turns, voided } = await duelOf(clients, ours, peer, files);
    const [a, b] = [summary(turns.map((pair) => pair.ours)), summary(turns.map((pair) => pair.peer))];
    const name = `load ${values.clients} clients, ${values.images} images, ${values.ours} against ${peer.label}`;
    const cells = [
      `${name} (ours: ${ours.label})`,
      a.requestsPerSecond.toFixed(2),
      b.requestsPerSecond.toFixed(2),
      `**${(a.requestsPerSecond / b.requestsPerSecond).toFixed(2)}**`,
      `${a.p50.toFixed(0)} / ${b.p50.toFixed(0)}`,
      `${a.p99.toFixed(0)} / ${b.p99.toFixed(0)}`,
      `${a.processorMs.toFixed(1)} / ${b.processorMs.toFixed(1)}`,
      `${a.failed} / ${b.failed}`,
      `${a.rssMib.slice(0, 2).join(", ")} / ${b.rssMib.slice(0, 2).join(", ")}`,
      `${turns.length * numberOption("turn", values.turn)} (${voided})`,
    ];
    report(name, `| ${cells.join(" | ")} |`, { name, ours: a, peer: b, trials, voided }, HEAD);
  } finally {
    clients.stop();
    await Promise.all(services.map((service) => service.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await runBenchmark(main);
