/**
 * @file A network as a table of rows, every channel and repeat resolved.
 *
 * The published families are literal tables (`families.ts`), a user's YAML is parsed into the same type
 * (`model-yaml.ts`); `network.ts` builds the graph from it.
 */

interface Common {
  /** Rows this one reads, absolute; -1 is the input image. */
  readonly from: readonly number[];
}

export interface ConvRow extends Common {
  readonly module: "Conv";
  readonly c1: number;
  readonly c2: number;
  readonly k: number;
  readonly s: number;
  /** Padding on each side. */
  readonly p: number;
  /** Groups. */
  readonly g: number;
  /** Dilation. */
  readonly d: number;
  /** SiLU if true, identity if false. */
  readonly act: boolean;
}

export interface C2fRow extends Common {
  readonly module: "C2f";
  readonly c1: number;
  readonly c2: number;
  readonly n: number;
  readonly shortcut: boolean;
  readonly g: number;
  /** Hidden channels as a fraction of c2. */
  readonly e: number;
}

export interface C3Row extends Common {
  readonly module: "C3";
  readonly c1: number;
  readonly c2: number;
  readonly n: number;
  readonly shortcut: boolean;
  readonly g: number;
  readonly e: number;
}

export interface C3k2Row extends Common {
  readonly module: "C3k2";
  readonly c1: number;
  readonly c2: number;
  readonly n: number;
  readonly c3k: boolean;
  readonly e: number;
  readonly g: number;
  readonly shortcut: boolean;
}

export interface A2C2fRow extends Common {
  readonly module: "A2C2f";
  readonly c1: number;
  readonly c2: number;
  readonly n: number;
  /** Area attention if true, C3k blocks if false. */
  readonly a2: boolean;
  /** Horizontal stripes that attend within themselves; 1 and below: the whole map. */
  readonly area: number;
  readonly residual: boolean;
  readonly mlpRatio: number;
  readonly e: number;
  /** Groups of the C3k blocks. */
  readonly g: number;
  /** Whether the C3k blocks add their input. */
  readonly shortcut: boolean;
  /** Attention heads; the published models have hidden channels / 32. */
  readonly heads: number;
}

export interface SPPFRow extends Common {
  readonly module: "SPPF";
  readonly c1: number;
  readonly c2: number;
  readonly k: number;
}

export interface UpsampleRow extends Common {
  readonly module: "Upsample";
  readonly scale: number;
}

export interface ConcatRow extends Common {
  readonly module: "Concat";
}

export interface DetectRow extends Common {
  readonly module: "Detect";
  readonly nc: number;
  /** Channels of each input. */
  readonly ch: readonly number[];
  /** Class tower of plain 3 x 3 convolutions (YOLOv8) if true, depthwise ones (YOLO11, YOLO12) if false. */
  readonly legacy: boolean;
}

export interface SegmentRow extends Common {
  readonly module: "Segment";
  readonly nc: number;
  /** Mask coefficients. */
  readonly nm: number;
  /** Hidden channels of the prototypes. */
  readonly npr: number;
  readonly ch: readonly number[];
  readonly legacy: boolean;
}

export type Row =
  | ConvRow
  | C2fRow
  | C3Row
  | C3k2Row
  | A2C2fRow
  | SPPFRow
  | UpsampleRow
  | ConcatRow
  | DetectRow
  | SegmentRow;

export type ModuleName = Row["module"];

/** A whole network, ready to build. */
export interface NetworkRows {
  /** `yolov8n`, or the name of the user's YAML file. */
  readonly name: string;
  readonly task: "detect" | "segment";
  readonly nc: number;
  /** Input channels. */
  readonly ch: number;
  readonly rows: readonly Row[];
  /** How many of them, from the first, are the backbone. */
  readonly backboneRows: number;
  /** Pixels of the input per cell of each level of the head. */
  readonly strides: readonly number[];
}

/** A network, and what was odd about its description: one sentence each, for the user. */
export interface NetworkWithWarnings {
  readonly network: NetworkRows;
  readonly warnings: readonly string[];
}
