/**
 * @file Model versions side by side, and who uses them.
 */
import { basename, extname } from "node:path";
import { networkLetterbox } from "@fovea/core/detect/detector";
import { uidFromSha256 } from "@fovea/core/dicom/uid";
import { FoveaError } from "@fovea/core/errors";
import type { LetterboxOptions } from "@fovea/core/imaging/letterbox";
import { tell } from "@fovea/core/reasons/tell";
import type { ModelConfig } from "../config/service-config";
import { detectionSettings } from "../predict/detection-settings";
import type { ModelVersion } from "../store/record";
import type { LoadedModel, ModelRegistry, ModelSettings } from "./inference-pool";
import type { NetworkModel } from "./network-task";
import type { PreparationSettings } from "./prepared-frame";
import { type ReadModel, readModel } from "./read-model";

/** Who loads models and lets them go. */
interface Loader {
  load(model: number, network: NetworkModel): Promise<void>;
  release(model: number): Promise<void>;
}

type State = LoadedModel["state"];

interface Entry {
  /** Number that the lanes know it by. */
  readonly key: number;
  readonly version: Omit<ModelVersion, "defaultFor">;
  readonly config: ModelConfig;
  readonly detection: ModelSettings;
  readonly settings: PreparationSettings;
  readonly openBatch: boolean;
  /** Modalities that it was loaded for; another may have taken them since. */
  readonly claims: readonly string[];
  state: State;
  /** Requests under way. */
  uses: number;
  /** Called when the last of them is done. */
  idle: (() => void) | undefined;
  /** Memory of frames that were looked at. */
  readonly rooms: ArrayBuffer[];
}

/** A version in use by one request. */
export interface ModelUse {
  readonly key: number;
  readonly version: ModelVersion;
  readonly settings: PreparationSettings;
  /** Confidence below which its findings are left out. */
  readonly threshold: number;
  readonly openBatch: boolean;
  /** Memory of an earlier frame, if there is some. */
  takeRoom(): ArrayBuffer | undefined;
  giveRoom(room: ArrayBuffer): void;
  done(): void;
}

/** Frames whose memory is kept for the next ones. */
const KEPT_ROOMS = 8;

/** Default for every modality that has none of its own. */
const ANY = "*";

/** Retired versions that are remembered for lists. */
const REMEMBERED = 100;

export class Models implements ModelRegistry {
  readonly #loader: Loader;
  #entries: Entry[] = [];
  /** Default of each modality. */
  readonly #defaults = new Map<string, Entry>();
  #nextKey = 0;
  /** One model is loaded at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(loader: Loader) {
    this.#loader = loader;
  }

  list(): readonly LoadedModel[] {
    return this.#entries.map((entry) => this.#shown(entry));
  }

  resolve(wanted: { readonly model?: string; readonly modality?: string }): ModelVersion {
    return this.#versionOf(this.#find(wanted));
  }

  /** As `resolve`; the version stays until `done`. */
  use(wanted: { readonly model?: string; readonly modality?: string }): ModelUse {
    const entry = this.#find(wanted);
    const { key, settings, detection, openBatch, rooms } = entry;
    entry.uses++;
    return {
      ...{ key, settings, threshold: detection.conf, openBatch },
      version: this.#versionOf(entry),
      takeRoom: () => rooms.pop(),
      giveRoom: (room) => {
        if (rooms.length < KEPT_ROOMS) rooms.push(room);
      },
      done: () => {
        entry.uses--;
        if (entry.uses === 0) entry.idle?.();
      },
    };
  }

  /** Models are loaded one after another; a version that is here already takes the modalities it is given. */
  load(config: ModelConfig): Promise<LoadedModel> {
    const loaded = this.#last.then(() => this.#load(config));
    this.#last = loaded.catch(() => undefined);
    return loaded;
  }

  makeDefault(modelId: string, modalities: readonly string[]): LoadedModel {
    const entry = this.#readyVersion(modelId);
    this.#makeDefault(entry, modalities);
    return this.#shown(entry);
  }

  async retire(modelId: string): Promise<void> {
    await this.#retire(this.#readyVersion(modelId));
  }

  async #retire(entry: Entry): Promise<void> {
    entry.state = "retired";
    for (const [modality, one] of this.#defaults) if (one === entry) this.#defaults.delete(modality);
    if (entry.uses > 0) {
      await new Promise<void>((resolve) => {
        entry.idle = resolve;
      });
    }
    entry.rooms.length = 0;
    await this.#loader.release(entry.key);
    const retired = this.#entries.filter(({ state }) => state === "retired");
    if (retired.length > REMEMBERED) this.#entries = this.#entries.filter((one) => one !== retired[0]);
  }

  async #load(config: ModelConfig): Promise<LoadedModel> {
    const model = await readModel(config.file);
    const { detection, ...settings } = detectionSettings(model, config);
    const { graph, tileGraph, signature } = model;
    const entry = this.#entryOf(config, model, { settings, letterbox: networkLetterbox(signature, detection) });
    const known = this.#ready().find(({ version }) => version.modelId === entry.version.modelId);
    if (known !== undefined && sameSettings(known.config, config)) {
      this.#makeDefault(known, entry.claims);
      return this.#shown(known);
    }
    this.#entries.push(entry);
    try {
      await this.#loader.load(entry.key, { graph, tileGraph, signature, detection, ...entry.settings });
    } catch (error) {
      this.#entries = this.#entries.filter((one) => one !== entry);
      throw error;
    }
    entry.state = "ready";
    this.#makeDefault(entry, entry.claims);
    // The same version with other settings takes the place of the one before, whose requests end in peace.
    if (known !== undefined) this.#retire(known).catch(() => undefined);
    return this.#shown(entry);
  }

  #entryOf(
    config: ModelConfig,
    { signature, sha256 }: ReadModel,
    { settings: detection, letterbox }: { readonly settings: ModelSettings; readonly letterbox: LetterboxOptions },
  ): Entry {
    const { pixels, normalize, names, openBatch = false } = signature;
    const name = config.name ?? basename(config.file, extname(config.file));
    const modelId = `${name}@${sha256.slice(0, 12)}`;
    const version = { modelId, name, sha256, deviceUid: uidFromSha256(sha256), classes: names };
    const settings = { pixels, normalize, letterbox };
    const claims = config.modalities ?? this.#inherited(name);
    const use = { state: "loading", uses: 0, idle: undefined, rooms: [] } as const;
    return { key: this.#nextKey++, version, config, detection, settings, openBatch, claims, ...use, rooms: [] };
  }

  /** What a model without modalities of its own is the default of: what an older version of its name is, or the first all. */
  #inherited(name: string): readonly string[] {
    const older = this.#ready().filter(({ version }) => version.name === name);
    if (older.length > 0) return older.flatMap((entry) => this.#versionOf(entry).defaultFor);
    return this.#defaults.size === 0 ? [ANY] : [];
  }

  #makeDefault(entry: Entry, modalities: readonly string[]): void {
    for (const modality of modalities) this.#defaults.set(modality, entry);
  }

  #find({ model, modality = ANY }: { readonly model?: string; readonly modality?: string }): Entry {
    if (model === undefined) {
      const entry = this.#defaults.get(modality) ?? this.#defaults.get(ANY);
      if (entry !== undefined) return entry;
      if (this.#ready().length === 0) throw new FoveaError("unknown_model", tell("noModelAtAll"));
      throw new FoveaError("unknown_model", tell("noDefaultModel", { modality, models: this.#names() }));
    }
    // The version loaded last, where several have the name.
    const entry = this.#ready().findLast(({ version }) => version.modelId === model || version.name === model);
    if (entry === undefined) throw this.#unknown(model);
    return entry;
  }

  #readyVersion(modelId: string): Entry {
    const entry = this.#ready().find(({ version }) => version.modelId === modelId);
    if (entry === undefined) throw this.#unknown(modelId);
    return entry;
  }

  #ready(): readonly Entry[] {
    return this.#entries.filter(({ state }) => state === "ready");
  }

  #versionOf(entry: Entry): ModelVersion {
    const defaultFor = [...this.#defaults].filter(([, one]) => one === entry).map(([modality]) => modality);
    return { ...entry.version, defaultFor };
  }

  #shown(entry: Entry): LoadedModel {
    return { ...this.#versionOf(entry), state: entry.state, settings: entry.detection };
  }

  #unknown(model: string): FoveaError {
    return new FoveaError(
      "unknown_model",
      tell("noModelReady", { model: JSON.stringify(model), models: this.#names() }),
    );
  }

  #names(): string {
    return (
      this.#ready()
        .map(({ version }) => version.modelId)
        .join(", ") || "none"
    );
  }
}

function sameSettings(a: ModelConfig, b: ModelConfig): boolean {
  return a.conf === b.conf && a.iou === b.iou && a.imgsz === b.imgsz;
}
