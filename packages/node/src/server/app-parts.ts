/**
 * @file What the HTTP service is put together from.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { ServiceConfig } from "../config/service-config";
import type { InferencePool } from "../inference/inference-pool";
import type { JobQueue } from "../jobs/job-queue";
import type { PacsPeer } from "../pacs/peer";
import type { Store } from "../store/open-store";
import type { Origin } from "../store/record";
import type { LogOptions } from "./service-log";
import type { ServiceMetrics } from "./service-metrics";

/** What became of one object that came by STOW-RS. `status`: as PS3.4 table B.2-1 has it for C-STORE, 0 for success. */
export interface StoredObject {
  readonly sopClassUid?: string;
  readonly sopUid?: string;
  readonly studyUid?: string;
  readonly status: number;
}

/** Who takes images that come in by HTTP: durable once the promise resolves. */
export interface Reception {
  /**
   * One DICOM file as it came (PS3.10); refused ones say so by their status.
   *
   * @param bringer `onlyStudy`: objects of other studies are refused
   * @throws what `file` throws
   */
  receive(
    file: AsyncIterable<Uint8Array>,
    bringer: { readonly origin: Origin; readonly actor: string; readonly onlyStudy?: string },
  ): Promise<StoredObject>;
}

export interface AppParts {
  readonly config: ServiceConfig;
  readonly store: Store;
  readonly pool: InferencePool;
  readonly queue: JobQueue;
  readonly rules?: RuleSet;
  readonly reception: Reception;
  /** Told once somebody has had a study opened or results planned again: the pipeline looks now. */
  readonly wakePipeline: () => void;
  /** PACS by the names of destinations. @default none */
  readonly peers?: ReadonlyMap<string, PacsPeer>;
  readonly metrics: ServiceMetrics;
  /** Folder of the built review page. @default none: `GET /` is not found */
  readonly page?: string;
  readonly log?: LogOptions;
}

/** Fastify with types that follow from the schemas. */
export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;
