/**
 * @file A built `fovea serve` with a detector, a folder of its own and an archive that results go to, for tests of faults.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StudyDetail } from "@fovea/core/contract/study";
import { dimsePeer } from "@fovea/node/pacs/dimse-peer";
import type { OutgoingObject, SendOutcome } from "@fovea/node/pacs/peer";
import type { StoreConfig } from "@fovea/node/store/open-store";
import { brightDetector } from "../bright-detector";
import { copyEmptyDatabase } from "../empty-database";
import { type DimseArchive, openDimseArchive } from "../pacs/dimse-archive";
import { dataSetOf } from "../pacs/memory-sink";
import { type Verdict, verdictOf } from "./record-faults";
import { Served, type ServedOptions } from "./served";
import { until } from "./waiting";

/** Of what `ctFile` makes. */
export const studyUid = (study: number) => `1.2.826.0.1.3680043.10.1.${study}`;

/** What waits for a process of a loaded machine, s. */
export const LONG_S = 150;

export interface SceneOptions extends ServedOptions {
  readonly databaseUrl?: string;
  /** Folder of the record. @default one in the scene's folder */
  readonly dataDir?: string;
  /** Lines of `fovea.yaml` besides. */
  readonly settings?: string;
}

export class ServiceScene {
  readonly folder: string;
  readonly place: StoreConfig;
  /** Data sets of what was acknowledged, by SOP instance UID. */
  readonly acknowledged = new Map<string, Uint8Array>();
  archive: DimseArchive;
  readonly #options: SceneOptions;
  readonly #served: Served[] = [];

  private constructor(folder: string, dataDir: string, archive: DimseArchive, options: SceneOptions) {
    this.folder = folder;
    this.archive = archive;
    this.#options = options;
    const { databaseUrl } = options;
    this.place = { dataDir, ...(databaseUrl !== undefined && { databaseUrl }) };
  }

  static async make(options: SceneOptions = {}): Promise<ServiceScene> {
    const folder = await mkdtemp(join(tmpdir(), "fovea-service-faults-"));
    await writeFile(join(folder, "bright.onnx"), brightDetector());
    const { dataDir = join(folder, "data"), databaseUrl } = options;
    if (options.dataDir === undefined && databaseUrl === undefined) await copyEmptyDatabase(dataDir);
    return new ServiceScene(folder, dataDir, await openDimseArchive(), options);
  }

  /** A service of this record; it is not started. */
  async service(): Promise<Served> {
    const file = join(this.folder, "fovea.yaml");
    const { settings = "", databaseUrl, environment, ...served } = this.#options;
    await writeFile(
      file,
      `data_dir: ${this.place.dataDir}
http: {port: 0, requests_per_minute: 1000000}
auth: {mode: none}
dimse: {port: 0}
models: [{file: ${join(this.folder, "bright.onnx")}}]
completeness: {quiet: 1s}
destinations: [{name: archive, send: [sr, sc, gsps], dimse: {host: 127.0.0.1, port: ${this.archive.port}, ae_title: ARCHIVE}}]
${settings}`,
    );
    const url: Record<string, string> = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
    const service = new Served(["--config", file, "--log", "error", "--lang", "en"], {
      ...served,
      environment: { ...environment, ...url },
    });
    this.#served.push(service);
    return service;
  }

  /** Starts one. @throws {Error} if it does not start */
  async started(service?: Served): Promise<Served> {
    const one = service ?? (await this.service());
    await one.start();
    if (!one.isRunning) throw new Error(`did not start:\n${one.complaint}`);
    return one;
  }

  /** Sends by C-STORE; remembers what was acknowledged. */
  async send(service: Served, files: readonly OutgoingObject[]): Promise<SendOutcome[]> {
    const dimse = { host: "127.0.0.1", port: service.dimsePort, aeTitle: "FOVEA", callingAe: "MODALITY" };
    const outcomes = await dimsePeer({ name: "service", send: [], dimse }).send(files);
    outcomes.forEach(({ state }, i) => {
      if (state === "stored") this.acknowledged.set(files[i].sopUid, dataSetOf(files[i].bytes));
    });
    return outcomes;
  }

  /** Sends until all of it is acknowledged. */
  async sendAll(service: Served, files: readonly OutgoingObject[]): Promise<void> {
    await until(async () => {
      const waiting = files.filter(({ sopUid }) => !this.acknowledged.has(sopUid));
      if (waiting.length > 0) await this.send(service, waiting);
      return files.every(({ sopUid }) => this.acknowledged.has(sopUid));
    }, LONG_S);
  }

  async detail({ url }: Served, study: number): Promise<StudyDetail | undefined> {
    const response = await fetch(`${url}/studies/${studyUid(study)}`).catch(() => undefined);
    return response?.ok ? ((await response.json()) as StudyDetail) : undefined;
  }

  /** Until a study is analysed, and what came of it is sent. */
  async delivered(service: Served, ...studies: number[]): Promise<void> {
    await until(async () => {
      const details = await Promise.all(studies.map((study) => this.detail(service, study)));
      return details.every(
        (detail) =>
          detail?.study.state === "analysed" &&
          detail.deliveries.length > 0 &&
          detail.deliveries.every(({ state }) => state === "sent"),
      );
    }, LONG_S);
  }

  /** The archive is gone: nobody listens on its port. */
  async archiveGoes(): Promise<void> {
    await this.archive.close();
  }

  /** It is back, with what it had. */
  async archiveComes(): Promise<void> {
    const { port, stored } = this.archive;
    this.archive = await openDimseArchive({ port, stored });
  }

  /** What is wrong with the record. Ends the services first, as an administrator would. */
  async verdict(poisoned?: ReadonlySet<string>): Promise<Verdict> {
    for (const service of this.#served) {
      const code = await service.stop();
      if (code !== 0) throw new Error(`ended with code ${code}:\n${service.complaint}`);
    }
    const requests = new Map([...this.archive.stored].map(([uid, one]) => [uid, one.requests]));
    const { acknowledged } = this;
    return verdictOf(this.place, { acknowledged, arrived: new Map([["archive", requests]]), poisoned });
  }

  async remove(): Promise<void> {
    for (const service of this.#served) await service.kill();
    await this.archive.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
