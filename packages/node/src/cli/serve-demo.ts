/**
 * @file The end of `fovea demo --serve`: the service on loopback, with the drawn radiographs sent to it by C-STORE.
 *
 *     OUT/service/fovea.yaml   its settings; `fovea serve --config` starts it again
 *     OUT/service/data/        its record, images and keys
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join, relative } from "node:path";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { readConfig } from "../config/read-config";
import { writeAtomically, writeFailure } from "../data/atomic-write";
import { dimsePeer } from "../pacs/dimse-peer";
import { readFileHeader } from "../pacs/part10";
import type { OutgoingObject } from "../pacs/peer";
import type { Service } from "../service/open-service";
import { plural } from "./describe-dataset";
import { serveUntilAsked } from "./run-serve";

const SETTINGS = "fovea.yaml";
/** Marks a folder as ours, so that nobody else's files are deleted. */
const MARK = "# Written by fovea demo; the next demo replaces this folder.";
const HOST = "127.0.0.1";

export interface DemoService {
  readonly folder: string;
  /** 0: any. */
  readonly port: number;
}

/**
 * Makes room in `out` before anything else is done, so that nothing fails after minutes of training.
 *
 * @throws {ArgumentError} if the port is taken
 * @throws {FoveaError} `write_failed` if the folder holds other files
 */
export async function prepareDemoService(out: string, port: number): Promise<DemoService> {
  await checkPort(port);
  const folder = join(out, "service");
  const entries = await readdir(folder).catch((): string[] => []);
  const settings = await readFile(join(folder, SETTINGS), "utf8").catch(() => "");
  if (entries.length > 0 && !settings.startsWith(MARK)) {
    const message = `holds other files (${entries[0]} ...); choose another --out`;
    throw new FoveaError("write_failed", message, { file: folder });
  }
  try {
    // The record of an earlier demo knows these radiographs already, with another model's findings.
    await rm(join(folder, "data"), { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw writeFailure(folder, error);
  }
  await writeAtomically(join(folder, SETTINGS), `${MARK}\n`);
  return { folder, port };
}

function checkPort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", () =>
      reject(new ArgumentError(`demo: port ${port} is taken; --serve alone takes a free one`)),
    );
    server.listen({ host: HOST, port }, () => server.close(() => resolve()));
  });
}

export interface DemoServed {
  /** File of weights. */
  readonly model: string;
  /** DICOM files. */
  readonly files: readonly string[];
  readonly language: "zh" | "en";
}

/** Serves until Ctrl-C. @throws {FoveaError} what does not start; `peer_refused` if it does not take its own images */
export async function serveDemo({ folder, port }: DemoService, { model, files, language }: DemoServed): Promise<void> {
  const file = join(folder, SETTINGS);
  await writeAtomically(file, settingsOf(relative(folder, model)));
  const config = await readConfig({ file, flags: { port } });
  await serveUntilAsked(config, {
    ...{ log: "warn", language },
    onReady: (service, signal) => send(files, service, signal),
  });
}

function settingsOf(model: string): string {
  return `${MARK}
data_dir: data
http: {host: ${HOST}}
dimse: {host: ${HOST}, port: 0}
models: [{file: ${JSON.stringify(model)}}]
completeness: {quiet: 1s}
class_names:
  zh: {nodule: 结节, mass: 肿块, calcification: 钙化}
`;
}

async function send(files: readonly string[], { dimse }: Service, signal: AbortSignal): Promise<void> {
  if (dimse === undefined) throw new Error("unreachable: the demo's settings have a receiver");
  const { host, port, aeTitle } = dimse;
  const peer = dimsePeer({ name: "demo", send: [], dimse: { host, port, aeTitle, callingAe: "DEMO" } });
  const outcomes = await peer.send(await Promise.all(files.map(objectOf)), signal);
  if (signal.aborted) return;
  const failed = outcomes.find(({ state }) => state !== "stored");
  if (failed !== undefined && "reason" in failed) {
    throw new FoveaError("peer_refused", `the service does not take its own radiographs: ${failed.reason}`);
  }
  process.stdout.write(
    `${plural(files.length, "image")} sent; open the address, give the key: findings appear there.\n`,
  );
}

async function objectOf(file: string): Promise<OutgoingObject> {
  const bytes = await readFile(file);
  const header = readFileHeader(bytes, true);
  if (header === undefined) throw new Error("unreachable: a whole file has a header");
  return { ...header, bytes };
}
