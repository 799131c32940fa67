/**
 * @file What analyses images for everyone who asks: the HTTP routes, the analysis of received series, batches.
 */
import type { ImageFindings } from "@fovea/core/report/findings";
import type { ModelConfig } from "../config/service-config";
import type { ModelVersion } from "../store/record";

export interface AnalysisRequest {
  /** An image file of any kind that is read, whole. */
  readonly bytes: Uint8Array;
  /** For messages only. */
  readonly filename: string;
  /** Name or version of a model. @default the one for the image's modality */
  readonly model?: string;
  /** The bytes may be taken away instead of copied: they are gone for the caller afterwards. @default false */
  readonly handOver?: boolean;
  /** Ends it: the client left. */
  readonly signal?: AbortSignal;
}

export interface ImageAnalysis {
  readonly model: ModelVersion;
  /** Confidence below which the model's findings are left out. */
  readonly threshold: number;
  /** One for each frame; a frame that cannot be read says so in its place. */
  readonly images: readonly ImageFindings[];
  /** `DX`, `CT` ...; of DICOM files. */
  readonly modality?: string;
  /** Time in the network, all frames together. */
  readonly inferenceMs: number;
  /** Of the file's bytes. */
  readonly inputSha256: string;
}

export interface InferencePool {
  /**
   * @throws {FoveaError} `busy` if the queue is full, or too many runs hang; `timed_out`; `network_hung`; `interrupted` if the signal ends it or the pool closes;
   *   `unknown_model`; `invalid_image`, `invalid_dicom` ... if the file cannot be read at all
   */
  analyse(request: AnalysisRequest): Promise<ImageAnalysis>;
  readonly models: ModelRegistry;
  /** For readiness and metrics. */
  readonly load: PoolLoad;
  /** Finishes what it accepted and takes no more. */
  close(): Promise<void>;
}

export interface PoolLoad {
  /** Accepted and not begun. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly running: number;
  /** That may run at once. */
  readonly capacity: number;
  /** When one who was told `busy` may ask again: the time that all before him will take, s, 1 or more. */
  readonly retryAfterSeconds: number;
  /** Threads that were given up within a run of a network and are not gone. */
  readonly hanging: number;
  /** So many hang that no image can be analysed. */
  readonly stuck: boolean;
}

/** What became of a request, and where its time went, ms; for metrics. */
export interface AnalysisTiming {
  /** `done`, or the code of its error. */
  readonly outcome: string;
  readonly modelId?: string;
  readonly frames: number;
  /** From acceptance to a free place. */
  readonly waitMs: number;
  /** Reading, decoding, letterbox. */
  readonly prepareMs: number;
  /** In the network. */
  readonly inferenceMs: number;
  /** From acceptance to the answer. */
  readonly totalMs: number;
}

/** What a version detects with: as configured, else as its file says, else the defaults. */
export interface ModelSettings {
  /** Least confidence of its findings. */
  readonly conf: number;
  /** Overlap beyond which one of two boxes is dropped. */
  readonly iou: number;
  /** Longer side of the network's input, pixels. */
  readonly imgsz: number;
}

export interface LoadedModel extends ModelVersion {
  readonly state: "loading" | "ready" | "retired";
  readonly settings: ModelSettings;
}

/** Versions side by side, one default for each modality. */
export interface ModelRegistry {
  list(): readonly LoadedModel[];
  /** The version that a name, a version or a modality leads to. @throws {FoveaError} `unknown_model` */
  resolve(wanted: { readonly model?: string; readonly modality?: string }): ModelVersion;
  /** Opens and warms a model; it serves from then on, and no request is dropped. */
  load(model: ModelConfig): Promise<LoadedModel>;
  /**
   * A version that is ready becomes the default for these modalities; its file is not opened again.
   *
   * @throws {FoveaError} `unknown_model`
   */
  makeDefault(modelId: string, modalities: readonly string[]): LoadedModel;
  /** Requests under way finish on it; new ones go elsewhere. @throws {FoveaError} `unknown_model` */
  retire(modelId: string): Promise<void>;
}
