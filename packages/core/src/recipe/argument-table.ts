/**
 * @file The arguments of a training run: names, types, ranges, defaults, meaning and group, in one table.
 *
 * Names and defaults are those that users of the public YOLO tools know. The command line and its help, a recipe's YAML,
 * the programming interface, the stored run and the reference page (`docs/training-arguments.md`) all go by this table.
 */
import { NORMALISATIONS } from "../imaging/normalise";

interface Described {
  /** One line, without a full stop. */
  readonly meaning: string;
  readonly group: ArgumentGroup;
}

export interface NumberArgument extends Described {
  readonly type: "number" | "integer";
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export interface FlagArgument extends Described {
  readonly type: "flag";
  readonly default: boolean;
}

export interface ChoiceArgument extends Described {
  readonly type: "choice";
  readonly default: string;
  readonly choices: readonly string[];
}

export interface TextArgument extends Described {
  readonly type: "text";
  readonly default: string;
}

/** A list or a map: YAML in a file, YAML's flow form on the command line. Empty by default. */
export interface StructuredArgument extends Described {
  readonly type: "stages" | "rates" | "transforms" | "swap";
  readonly default: null;
}

export type Argument = NumberArgument | FlagArgument | ChoiceArgument | TextArgument | StructuredArgument;

/** How the help and the reference page group the arguments. */
export const ARGUMENT_GROUPS = [
  ...["Length and size", "What is trained", "Optimiser", "Loss", "Sampling and tiles"],
  ...["Augmentation", "Results", "Machine"],
] as const;
export type ArgumentGroup = (typeof ARGUMENT_GROUPS)[number];

/** "No limit" in the column of greatest values. */
export const MANY = 1e9;

/** Makers of rows of one group. */
function rowsOf(group: ArgumentGroup) {
  const number = (value: number, min: number, max: number, meaning: string): NumberArgument => ({
    ...{ type: "number", default: value, min, max, meaning, group },
  });
  return {
    number,
    integer: (value: number, min: number, max: number, meaning: string): NumberArgument => ({
      ...number(value, min, max, meaning),
      type: "integer",
    }),
    flag: (value: boolean, meaning: string): FlagArgument => ({ type: "flag", default: value, meaning, group }),
    text: (value: string, meaning: string): TextArgument => ({ type: "text", default: value, meaning, group }),
    choice: (value: string, choices: readonly string[], meaning: string): ChoiceArgument => ({
      ...{ type: "choice", default: value, choices, meaning, group },
    }),
    structured: <T extends StructuredArgument["type"]>(type: T, meaning: string) => ({
      ...{ type, default: null, meaning, group },
    }),
  };
}

const length = rowsOf("Length and size");
const trained = rowsOf("What is trained");
const optimiser = rowsOf("Optimiser");
const loss = rowsOf("Loss");
const sampling = rowsOf("Sampling and tiles");
const augment = rowsOf("Augmentation");
const results = rowsOf("Results");
const machine = rowsOf("Machine");

/** Every training argument. */
export const TRAINING_ARGUMENTS = {
  epochs: length.integer(100, 1, MANY, "passes over the training images; with stages, their sum"),
  time: length.number(0, 0, MANY, "hours after which the run ends with its epoch; 0 has no such limit"),
  patience: length.integer(100, 0, MANY, "stop after so many epochs without a better one; 0 never stops"),
  batch: length.integer(16, -1, 4096, "images in a batch; -1 takes the most that fit into memory"),
  imgsz: length.integer(640, 32, 8192, "side of the training images in pixels, a multiple of the largest stride"),
  normalize: length.choice(
    "none",
    NORMALISATIONS,
    "zscore shows each image from 3 standard deviations below its mean (black) to 3 above; kept with the model",
  ),
  rect: length.flag(false, "batches of images of like proportions instead of squares; without mosaics"),
  multi_scale: length.number(0, 0, 0.9, "vary imgsz by up to this share, anew every ten batches"),
  nbs: length.integer(64, 1, 65536, "nominal batch size: gradients of smaller batches are summed up to it"),

  stages: trained.structured("stages", "parts of the run that train different rows: progressive, quick, or a list"),
  freeze: trained.text("0", "rows that are not trained: a number (the first so many) or a list such as 0,1,2"),
  freeze_bn: trained.flag(false, "batch norms go by the running statistics of the starting weights; for tiny batches"),
  pretrained: trained.text("true", "false starts from random weights even where the model has some; a path: --weights"),
  single_cls: trained.flag(false, "take all classes for one"),
  fraction: trained.number(1, 1e-6, 1, "share of the training images to use"),
  seed: trained.integer(0, 0, 2 ** 32 - 1, "start of all random numbers; the same seed gives the same weights"),
  deterministic: trained.flag(true, "the same run gives the same weights; it always does, false changes nothing"),

  optimizer: optimiser.choice("auto", ["auto", "SGD", "Adam", "AdamW"], "auto: AdamW for short runs, else SGD"),
  lr0: optimiser.number(0.01, 0, 10, "learning rate at the start (chosen by optimizer=auto)"),
  lrf: optimiser.number(0.01, 0, 1, "learning rate at the end, as a share of lr0"),
  lr: optimiser.structured("rates", "lr0 by part of the network: {backbone: 1e-5, neck: 5e-5, head: 1e-4}"),
  lr_decay: optimiser.number(1, 1e-3, 1, "factor of lr0 for each row below the head; 1 trains all rows alike"),
  cos_lr: optimiser.flag(false, "let the learning rate fall along a cosine instead of a line"),
  momentum: optimiser.number(0.937, 0, 0.999999, "momentum of SGD, beta1 of Adam"),
  weight_decay: optimiser.number(0.0005, 0, 1, "shrinks the weights, biases and norms aside"),
  clip: optimiser.number(10, 0, MANY, "largest norm of the gradients; 0 does not clip"),
  warmup_epochs: optimiser.number(3, 0, 1000, "epochs in which the learning rate rises"),
  warmup_momentum: optimiser.number(0.8, 0, 0.999999, "momentum at the start of warm-up"),
  warmup_bias_lr: optimiser.number(0.1, 0, 10, "learning rate of biases at the start of warm-up"),

  box: loss.number(7.5, 0, 1000, "weight of the box loss (and of the mask loss)"),
  cls: loss.number(0.5, 0, 1000, "weight of the class loss"),
  dfl: loss.number(1.5, 0, 1000, "weight of the distribution focal loss"),
  iou_type: loss.choice("ciou", ["ciou", "giou", "diou", "siou", "wiou"], "which overlap the box loss goes by"),
  wiou_scale: loss.flag(false, "wiou in its third version, which weighs a box by how it stands to the running mean"),
  focal_gamma: loss.number(0, 0, 10, "exponent of the focal class loss; 0 is plain cross-entropy"),
  focal_alpha: loss.number(0, 0, 0.999999, "weight of what is there in the focal class loss; 0 weighs nothing"),
  label_smoothing: loss.number(0, 0, 0.999999, "how far the targets of classes are moved from 0 and 1"),
  cls_pw: loss.number(0, 0, 1, "weigh classes by inverse frequency to this power; 0 weighs all alike"),
  assign_all: loss.flag(false, "give every lesion at least one anchor, however small it is"),

  sampler: sampling.choice("none", ["none", "inverse", "repeat"], "draw images by the rarity of what they show"),
  repeat_threshold: sampling.number(0.1, 0, 1, "sampler=repeat: classes on a smaller share of images are repeated"),
  oversample_ratio: sampling.number(1, 0, 1000, "how often images with lesions are shown for once without"),
  negatives: sampling.number(-1, -1, 0.999999, "share of images without lesions in an epoch; -1 leaves it as it is"),
  tile: sampling.integer(0, 0, 8192, "side of the tiles that large images are trained in, pixels; 0 does not cut"),
  overlap: sampling.number(0.2, 0, 0.9, "share of a tile that it has in common with the next"),

  preset: augment.choice(
    "none",
    ["none", "ct", "xray", "ultrasound", "mri", "pathology", "endoscopy"],
    "augmentation that keeps this kind of image plausible; refuses what contradicts it",
  ),
  transforms: augment.structured("transforms", "transforms by name: [{name: CLAHE, p: 0.3}]"),
  flip_swap: augment.structured("swap", "classes that change places in a mirror: {left_lung: right_lung}"),
  mosaic: augment.number(1, 0, 1, "probability of putting four images together"),
  close_mosaic: augment.integer(10, 0, MANY, "epochs at the end without mosaics"),
  mixup: augment.number(0, 0, 1, "probability of blending two images"),
  cutmix: augment.number(0, 0, 1, "probability of putting a part of another image in"),
  copy_paste: augment.number(0, 0, 1, "probability of pasting lesions of other images in"),
  degrees: augment.number(0, 0, 180, "rotate by up to so many degrees"),
  translate: augment.number(0.1, 0, 1, "move by up to this share of the image"),
  scale: augment.number(0.5, 0, 0.99, "scale by 1 - scale to 1 + scale"),
  shear: augment.number(0, 0, 60, "shear by up to so many degrees"),
  perspective: augment.number(0, 0, 0.001, "tilt by up to this, per pixel"),
  flipud: augment.number(0, 0, 1, "probability of turning upside down"),
  fliplr: augment.number(0.5, 0, 1, "probability of exchanging left and right"),
  hsv_h: augment.number(0.015, 0, 1, "vary the hue by up to this share of the circle"),
  hsv_s: augment.number(0.7, 0, 1, "vary the saturation by up to this factor"),
  hsv_v: augment.number(0.4, 0, 1, "vary the brightness by up to this factor"),
  erasing: augment.number(0, 0, 0.9, "probability of erasing a part of the image"),

  val: results.flag(true, "measure after every epoch"),
  monitor: results.text("fitness", "what the best epoch is best in: fitness, map50, map5095, froc, sensitivity@0.5"),
  plots: results.flag(true, "write the report page and draw curves and pictures"),
  save: results.flag(true, "keep weights, and what a run needs to be resumed"),
  save_period: results.integer(-1, -1, MANY, "keep the weights of every so many epochs too; -1 does not"),
  exist_ok: results.flag(false, "write into an existing run folder"),

  device: machine.text(
    "cpu",
    "cpu, cuda, cuda:1 (or 1), tensorrt, webgpu, dml, coreml; 0,1 shares batches between two",
  ),
  threads: machine.integer(0, 0, 1024, "threads of the engine, shared by its devices; 0 takes the processor's cores"),
  workers: machine.integer(-1, -1, 64, "threads that make batches; -1 chooses"),
  cache: machine.choice("auto", ["auto", "true", "ram", "disk", "false"], "keep decoded images in memory or on disk"),
} as const satisfies Readonly<Record<string, Argument>>;

export type ArgumentName = keyof typeof TRAINING_ARGUMENTS;

export const ARGUMENT_NAMES = Object.keys(TRAINING_ARGUMENTS) as readonly ArgumentName[];

/** What a run needs to be told that is no argument of training: where things are. */
export const RUN_ARGUMENTS = {
  data: "data set: a YAML with path, train, val, names",
  model: "published name, model YAML, or weights (.pt, .safetensors, .onnx) to go on from",
  weights: "weights to start from where the model is an architecture",
  project: "folder of runs (default: runs)",
  name: "name of this run's folder (default: train)",
  on_problem: "broken images and labels: skip leaves them out, refuse does not train (default: skip)",
  resume: "go on with an interrupted run: its folder",
} as const;

export type RunArgumentName = keyof typeof RUN_ARGUMENTS;
