/**
 * @file A recipe for one network: its stages in order, and in each the rows that are trained, and how fast.
 *
 * A run without stages has one. Rows train in *classes*: those of one learning rate that have been trained since the same
 * stage, so that Adam's correction counts their own updates.
 */
import { ArgumentError } from "../errors";
import type { NetworkRows } from "../nn/rows";
import { frozenRows, partOf, trainableRows } from "./parts";
import { type PartName, STAGE_ARGUMENTS, type Stage, type TrainingArguments } from "./training-arguments";

/** Rows that train alike. */
export interface RowClass {
  /** `head`, `neck, head`, `row 4`; empty where all rows that are trained train alike. */
  readonly name: string;
  /** Learning rate as a share of the stage's. */
  readonly share: number;
  /** Stage since which they have been trained without a break, from 0. */
  readonly since: number;
}

/** A stage, made out for a network. */
export interface StagePlan {
  /** `head`, `upper_backbone, neck, head`; empty for a run without stages. */
  readonly name: string;
  readonly epochs: number;
  /** Arguments of the run with the stage's own. */
  readonly args: TrainingArguments;
  /** Learning rate at its start; absent where the choice of the optimiser decides. */
  readonly lr0?: number;
  /** Epochs without a better one after which the next stage begins; absent where only the run's `patience` counts. */
  readonly patience?: number;
  readonly frozen: ReadonlySet<number>;
  readonly classes: readonly RowClass[];
  /** Class of each row of the network; 0 for frozen ones. */
  readonly classOfRow: readonly number[];
  /** Share of each part's fastest rows; 0 where it is frozen or missing. */
  readonly partShares: Readonly<Record<PartName, number>>;
}

/**
 * Makes a recipe out for a network.
 *
 * @param lr0 learning rate of the run, for stages without their own
 * @throws {ArgumentError} for rows and parts that the network lacks, and a stage that trains nothing
 */
export function planStages(args: TrainingArguments, network: NetworkRows, lr0: number): StagePlan[] {
  const count = network.rows.length;
  const stages: readonly (Stage | undefined)[] = args.stages ?? [undefined];
  const trained = stages.map((stage, i) => trainedRows(stage, i, args, network));
  const before = stages.reduce((sum, stage) => sum + (stage?.epochs ?? 0), 0);
  return stages.map((stage, i) => {
    const own = Object.fromEntries(
      STAGE_ARGUMENTS.flatMap((name) => (stage?.[name] === undefined ? [] : [[name, stage[name]]])),
    );
    // Biases that start high are for a new head; in later stages they rise like all else.
    const later = i > 0 ? { warmup_bias_lr: 0 } : {};
    const stageArgs: TrainingArguments = { ...args, ...later, ...overRates(own) };
    const start = stage?.lr0 ?? lr0;
    const rates = rowRates(stageArgs, network, start);
    const top = Math.max(...[...trained[i]].map((row) => rates[row]));
    const since = (row: number) => {
      let first = i;
      while (first > 0 && trained[first - 1].has(row)) first--;
      return first;
    };
    const { classes, classOfRow } = classify(network, trained[i], (row) => ({
      share: top > 0 ? rates[row] / top : 0,
      since: since(row),
    }));
    return {
      name: stage?.trainable.join(", ") ?? "",
      epochs: stage === undefined ? args.epochs : (stage.epochs ?? args.epochs - before),
      args: stageArgs,
      lr0: stage?.lr0 === undefined && stageArgs.lr === null && top === start ? undefined : top,
      patience: stage?.patience,
      frozen: new Set(Array.from({ length: count }, (_, row) => row).filter((row) => !trained[i].has(row))),
      classes,
      classOfRow,
      partShares: partShares(network, trained[i], (row) => classes[classOfRow[row]].share),
    };
  });
}

/** A stage that says how its rates differ does not inherit the other way of saying so. */
function overRates(own: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (own.lr) return { ...own, lr_decay: 1 };
  return own.lr_decay === undefined ? own : { ...own, lr: null };
}

function trainedRows(stage: Stage | undefined, index: number, args: TrainingArguments, network: NetworkRows) {
  const count = network.rows.length;
  const all = Array.from({ length: count }, (_, row) => row);
  const name = stage ? `stages[${index}].trainable` : "freeze";
  const frozen = stage ? undefined : frozenRows(args.freeze, count);
  const rows = stage ? trainableRows(stage.trainable, network, name) : new Set(all.filter((row) => !frozen?.has(row)));
  const learns = (row: number) => !["Upsample", "Concat"].includes(network.rows[row].module);
  if (![...rows].some(learns)) {
    throw new ArgumentError(`${name}: the rows ${[...rows].join(", ")} of ${network.name} have nothing to train`);
  }
  return rows;
}

/** lr0 of every row. */
function rowRates({ lr, lr_decay: decay }: TrainingArguments, network: NetworkRows, lr0: number): number[] {
  const head = network.rows.length - 1;
  return Array.from(network.rows, (_, row) =>
    lr === null ? lr0 * decay ** (head - row) : (lr[partOf(network, row)] ?? lr0),
  );
}

function partShares(network: NetworkRows, trained: ReadonlySet<number>, share: (row: number) => number) {
  const of = (part: PartName) => Math.max(0, ...[...trained].filter((row) => partOf(network, row) === part).map(share));
  return { backbone: of("backbone"), neck: of("neck"), head: of("head") };
}

function classify(
  network: NetworkRows,
  trained: ReadonlySet<number>,
  of: (row: number) => { readonly share: number; readonly since: number },
): Pick<StagePlan, "classes" | "classOfRow"> {
  const found = new Map<string, { share: number; since: number; rows: number[] }>();
  for (const [row, { module }] of network.rows.entries()) {
    if (!trained.has(row) || module === "Upsample" || module === "Concat") continue;
    const { share, since } = of(row);
    const key = `${share} ${since}`;
    const known = found.get(key);
    if (known) known.rows.push(row);
    else found.set(key, { share, since, rows: [row] });
  }
  const sets = [...found.values()];
  const classOfRow = Array.from(network.rows, (_, row) =>
    Math.max(
      0,
      sets.findIndex(({ rows }) => rows.includes(row)),
    ),
  );
  const classes = sets.map(({ share, since, rows }) => ({
    name: sets.length === 1 ? "" : rowsName(network, rows),
    share,
    since,
  }));
  return { classes, classOfRow };
}

/** `backbone` where all of a part is meant, else `rows 5 to 9`, `rows 2, 4`. */
function rowsName(network: NetworkRows, rows: readonly number[]): string {
  const learning = [...network.rows.keys()].filter((row) => !["Upsample", "Concat"].includes(network.rows[row].module));
  const parts = [...new Set(rows.map((row) => partOf(network, row)))];
  const whole = learning.filter((row) => parts.includes(partOf(network, row)));
  if (whole.length === rows.length) return parts.join(", ");
  if (rows.length === 1) return `row ${rows[0]}`;
  const [first, last] = [rows[0], rows[rows.length - 1]];
  const between = learning.filter((row) => row >= first && row <= last);
  return between.length === rows.length ? `rows ${first} to ${last}` : `rows ${rows.join(", ")}`;
}
