/**
 * @file How many lanes a run gets, and how many threads each.
 */
import { availableParallelism, freemem } from "node:os";

export interface LanePlanOptions {
  readonly files: number;
  readonly device: string;
  /** Threads in all. @default the processor's cores */
  readonly threads?: number;
  /** Bytes of the ONNX model. */
  readonly modelBytes: number;
  /** Side of the network's input, pixels. */
  readonly imgsz: number;
  /** Memory that may be used, bytes. @default half of what is free */
  readonly memory?: number;
}

export interface LanePlan {
  readonly lanes: number;
  /** Threads of each lane's engine. */
  readonly threads: number;
}

/** A lane's start costs as much as some files: fewer than these for each do not pay for it. */
const FILES_PER_LANE = 8;

/** More lanes than this only take memory. */
const MAX_LANES = 16;

/** Sessions that keep a graphics card busy while others read files. */
const GPU_LANES = 4;

/** What a lane takes beside the network: Node, image library, drawing. */
const LANE_BYTES = 150 * 2 ** 20;

/** Lanes for a run: one of all threads for a few files, many of few threads for many, as memory allows. */
export function planLanes({
  files,
  device,
  threads = availableParallelism(),
  modelBytes,
  imgsz,
  memory = freemem() / 2,
}: LanePlanOptions): LanePlan {
  // Weights as read, as stored and as packed for the kernels; maps of the widest network at full size.
  const laneBytes = LANE_BYTES + 4 * modelBytes + 300 * imgsz ** 2;
  const affordable = Math.floor(memory / laneBytes);
  const useful = Math.ceil(files / FILES_PER_LANE);
  const most = device === "cpu" ? MAX_LANES : /^(cuda|tensorrt)/.test(device) ? GPU_LANES : 1;
  const lanes = Math.max(1, Math.min(threads, most, useful, affordable));
  return { lanes, threads: Math.max(1, Math.floor(threads / lanes)) };
}
