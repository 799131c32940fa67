/**
 * @file The reference page of training arguments, from their table (`docs/training-arguments.md`).
 */
import {
  ARGUMENT_GROUPS,
  ARGUMENT_NAMES,
  type Argument,
  MANY,
  RUN_ARGUMENTS,
  TRAINING_ARGUMENTS,
} from "./argument-table";
import { markdownTable } from "./markdown-table";
import { STAGE_PRESETS } from "./stage-presets";
import { STAGE_ARGUMENTS } from "./training-arguments";

const HEAD = `# Training arguments

Written by \`npm run generate:arguments\` from \`packages/core/src/recipe/argument-table.ts\`; change it there.

Arguments are given as \`--name value\` or \`name=value\` on the command line, by name in a recipe (\`fovea train --cfg
recipe.yaml\`; what the command line says counts before it), or as \`arguments\` of \`train\`. Each run writes \`args.yaml\`,
a recipe with every value, into its folder.
`;

/** The page as Markdown. */
export function argumentReference(): string {
  const groups = ARGUMENT_GROUPS.map((group) => {
    const names = ARGUMENT_NAMES.filter((name) => TRAINING_ARGUMENTS[name].group === group);
    const rows = names.map((name) => row(name, TRAINING_ARGUMENTS[name]));
    return `## ${group}\n\n${markdownTable(["argument", "values", "default", "meaning"], rows)}`;
  });
  const run = Object.entries(RUN_ARGUMENTS).map(([name, meaning]) => [`\`${name}\``, meaning]);
  return `${[HEAD, `## What to train on\n\n${markdownTable(["argument", "meaning"], run)}`, ...groups, stages()].join("\n")}`;
}

function row(name: string, argument: Argument): string[] {
  const usual = argument.default === null ? "none" : `\`${argument.default}\``;
  return [`\`${name}\``, valuesOf(argument), usual, argument.meaning.replaceAll("|", "\\|")];
}

function valuesOf(argument: Argument): string {
  switch (argument.type) {
    case "flag":
      return "true, false";
    case "choice":
      return argument.choices.join(", ");
    case "text":
      return "text";
    case "stages":
      return "a name, or a list of maps";
    case "rates":
      return "a map of numbers";
    case "transforms":
      return "a list of maps";
    case "swap":
      return "a map of names";
    default: {
      const kind = argument.type === "integer" ? "whole number" : "number";
      return argument.max >= MANY ? `${kind}, at least ${argument.min}` : `${kind}, ${argument.min} to ${argument.max}`;
    }
  }
}

function stages(): string {
  const presets = Object.entries(STAGE_PRESETS).map(([name, list]) => {
    const lines = list.map((stage) => `  - ${JSON.stringify(stage)}`);
    return `# stages: ${name} stands for\nstages:\n${lines.join("\n")}`;
  });
  return `## Stages

\`stages\` is a name or a list. A stage has \`epochs\` (the last one may leave them out: the rest of the run's), \`trainable\`
(\`head\`, \`neck\`, \`backbone\`, \`upper_backbone\`, \`all\`, or rows: \`7\`, \`4-\`, \`0-9\`; several in a list), and may have of its
own: ${STAGE_ARGUMENTS.map((name) => `\`${name}\``).join(", ")}.

\`\`\`yaml
${presets.join("\n\n")}
\`\`\`

- Weights, their moving average and the history go on from stage to stage. Learning rate and warm-up are those of the stage.
- Warm-up takes a third of a stage at most. After the first stage biases rise from 0 in it, like all else, unless the stage has
  a \`warmup_bias_lr\` of its own.
- Frozen rows change in nothing: their batch norms keep the running statistics.
- The optimiser's state is kept for rows that were trained in the stage before, and begins with zeros for others, whose updates
  Adam counts from there. Gradients that wait for an update when a stage ends are dropped.
- A stage's \`patience\` ends the stage, and the next one goes on from the weights as they are then; the run's \`patience\` counts
  over all stages and ends the run.
- With \`optimizer=auto\` a stage's \`lr0\` and \`lr\` are used; without them the learning rate is the one that auto chooses.

## Rates by part or row

\`lr\` sets the learning rate at the start of each part; a part that is not named has \`lr0\`. \`lr_decay\` multiplies it for each
row below the head. All rates rise and fall together, by \`warmup_epochs\`, \`lrf\` and \`cos_lr\`; that of biases starts warm-up at
\`warmup_bias_lr\` times the rate's share of the largest. \`results.csv\` has \`lr/backbone\`, \`lr/neck\` and \`lr/head\` then.

## A loss that goes astray

Where a loss is not finite, or more than a thousand times the median of the up to 100 batches before it (from 20 on; batches
without a lesion are not judged so), the run names the batch's files and goes back to the last saved state, the end of the epoch
before, at half the learning rate. The fourth time it ends with an error.
`;
}
