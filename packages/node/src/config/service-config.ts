/**
 * @file The settings of `fovea serve`, after file, environment and flags were put together; frozen.
 */

import type { Code } from "@fovea/core/dicom/objects/code";

/** What somebody may do: see, review, manage, or work as a machine (STOW-RS, analysis). */
export type Role = "viewer" | "reader" | "admin" | "system";

export interface ServiceConfig {
  /** Folder of database, images, keys; made if it is not there, for its owner alone. */
  readonly dataDir: string;
  /** PostgreSQL; absent: PGlite in `dataDir`. From `DATABASE_URL`. */
  readonly databaseUrl?: string;
  readonly http: HttpConfig;
  readonly auth: AuthConfig;
  readonly dimse?: DimseConfig;
  readonly models: readonly ModelConfig[];
  readonly inference: InferenceConfig;
  /** Path of the rule file. */
  readonly rules?: string;
  /** Class names as reports and answers show them, by language: `{ zh: { nodule: "结节" } }`. */
  readonly classNames: Readonly<Partial<Record<"zh" | "en", Readonly<Record<string, string>>>>>;
  /** Concepts of classes in result objects, by the model's name; others get one of the scheme `99FOVEA`. */
  readonly classCodes: Readonly<Record<string, Code>>;
  /** Defined term of the character set that result objects read images by which declare none. @default what is no ASCII is U+FFFD */
  readonly defaultCharacterSet?: string;
  /** Findings that `/detect` reports exceed it, where no rule file says otherwise. @default 0.5 */
  readonly reportAbove: number;
  readonly routing: readonly RoutingRule[];
  readonly completeness: CompletenessConfig;
  readonly destinations: readonly DestinationConfig[];
  readonly retention: RetentionConfig;
  /** Take identifiers out on arrival; the mapping is kept apart, encrypted. @default false */
  readonly deidentifyOnArrival: boolean;
  /** Key of encryption at rest: path of a file; else `FOVEA_KEY` (base64, 32 bytes); else made in `dataDir/keys`. */
  readonly keyFile?: string;
}

export interface HttpConfig {
  /** @default "127.0.0.1" */
  readonly host: string;
  /** @default 8042 */
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Origins of other pages that may ask; none by default. */
  readonly corsOrigins: readonly string[];
  /** Of one uploaded file. @default 512 MiB */
  readonly maxFileBytes: number;
  /** Files of one request. @default 2000 */
  readonly maxFiles: number;
  /** More files than this become a job. @default 16 */
  readonly batchJobAbove: number;
  /** Requests of one client in a minute. @default 1200 */
  readonly requestsPerMinute: number;
  /** Of `/detect` alone, or of `/analyze/image` too, the image is kept with its findings. @default "detect" */
  readonly keepUploads: "none" | "detect" | "all";
  /** Beyond loopback without TLS: only where something in front of the service encrypts. @default false */
  readonly allowPlainHttp: boolean;
}

export interface AuthConfig {
  /** `none` only on loopback. @default "keys" */
  readonly mode: "keys" | "none";
  readonly oidc?: {
    readonly issuer: string;
    readonly audience: string;
    /** Where its keys lie. @default found through the issuer's discovery document */
    readonly jwksUri?: string;
    /** Claim that holds the role, or a list of them. @default "roles" */
    readonly roleClaim: string;
    /** Claim's values to roles. @default names equal */
    readonly roles: Readonly<Record<string, Role>>;
  };
}

export interface DimseConfig {
  /** @default "127.0.0.1" */
  readonly host: string;
  /** @default 11112 */
  readonly port: number;
  /** @default "FOVEA" */
  readonly aeTitle: string;
  /** AE titles that may call; empty: everyone who reaches the port. */
  readonly allowedAeTitles: readonly string[];
  /** @default 32 */
  readonly maxAssociations: number;
  /** Of one instance. @default 2 GiB */
  readonly maxInstanceBytes: number;
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

export interface ModelConfig {
  /** File of weights, or ONNX. */
  readonly file: string;
  /** @default the file's name without ending */
  readonly name?: string;
  /** Modalities that it is the default of; `*` for all others. @default ["*"] for the first model */
  readonly modalities?: readonly string[];
  readonly conf?: number;
  readonly iou?: number;
  readonly imgsz?: number;
}

export interface InferenceConfig {
  /** @default "cpu" */
  readonly device: string;
  /** @default the processor's cores */
  readonly threads?: number;
  /** Images under way at one time. @default 2 per core */
  readonly concurrency?: number;
  /** Images that wait at most; then 429. @default 256 */
  readonly queue: number;
  /** Images of one run of the network at most. @default 4 */
  readonly batch: number;
  /** How long a batch waits for more, ms. @default 2 */
  readonly batchWindowMs: number;
  /** From request to answer, ms. @default 60000 */
  readonly timeoutMs: number;
  /** Of one run of the network; then its thread is given up, ms. @default half of `timeoutMs` */
  readonly runTimeoutMs?: number;
}

/** The first rule whose conditions all hold decides; values are compared without case, `*` stands for any run of letters. */
export interface RoutingRule {
  readonly when: {
    readonly modality?: string;
    readonly bodyPart?: string;
    readonly station?: string;
    readonly callingAe?: string;
    readonly description?: string;
  };
  /** Name of a model; `null`: not attempted. */
  readonly model: string | null;
  /** Names of destinations of what comes of it. @default all */
  readonly sendTo?: readonly string[];
}

export interface CompletenessConfig {
  /** A study is complete when nothing has come for so long, ms. @default 15000 */
  readonly quietMs: number;
  /** Destination whose C-FIND tells how many instances there are; complete as soon as all are here. */
  readonly countFrom?: string;
}

export type ResultKind = "sr" | "sc" | "gsps" | "seg";

/** A PACS. */
export interface DestinationConfig {
  readonly name: string;
  readonly send: readonly ResultKind[];
  /** `move`: the PACS is asked to send to our own AE title (C-MOVE), in place of C-GET. @default "get" */
  readonly retrieveBy?: "get" | "move";
  readonly dimse?: {
    readonly host: string;
    readonly port: number;
    readonly aeTitle: string;
    readonly callingAe: string;
    /** Paths of PEM files: the authority of the peer's certificate, and what we show. */
    readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  };
  /** DICOMweb root, `https://pacs/dicom-web`; `authorization` is the header's value. */
  readonly dicomWeb?: { readonly url: string; readonly authorization?: string };
}

export interface RetentionConfig {
  /** Images are deleted after so many days. @default kept */
  readonly imagesDays?: number;
  /** Findings and studies too. @default kept */
  readonly recordsDays?: number;
}
