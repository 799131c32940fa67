/**
 * @file Stages by name.
 *
 * Howard and Ruder, "Universal language model fine-tuning for text classification", 2018, arXiv:1801.06146, unfreeze from
 * the head down, so that a random head's first gradients do not undo what the rows below have learnt.
 */

/** Each is written as a user would write it; the last stage of `progressive` takes the rest of the run's epochs. */
export const STAGE_PRESETS = {
  progressive: [
    { epochs: 10, trainable: "head", lr0: 1e-3 },
    { epochs: 30, trainable: ["upper_backbone", "neck", "head"], lr0: 5e-4 },
    { trainable: "all", lr0: 1e-4 },
  ],
  quick: [{ epochs: 50, trainable: "10-", lr0: 5e-4 }],
} as const;
