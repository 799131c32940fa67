/**
 * @file `fovea evaluate voc`: detections by the rules of Pascal VOC.
 */
import { VOC_METHODS, type VocMethod } from "@fovea/core/metrics/voc-method";
import { type Command, Option } from "commander";
import { flagOption, realNumber } from "../option";

export interface VocEvaluationOptions {
  readonly gt: string;
  readonly dt: string;
  readonly iou: number;
  readonly method: VocMethod;
  readonly honourIgnore: boolean;
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  fovea evaluate voc --gt annotations.json --dt results.json
  fovea evaluate voc --gt Annotations/ --dt detections.json --iou 0.3 \\
    --method 11-point --json voc.json

Boxes are measured as VOC does it: their last row and column of pixels are
included, so that a box is x2 - x1 + 1 wide.`;

export function register(group: Command): void {
  group
    .command("voc")
    .summary("average precision as Pascal VOC has it")
    .description(
      "Average precision of each class and their mean at one threshold of overlap, by every point of the curve or by eleven.",
    )
    .requiredOption("--gt <file>", "truth: VOC, COCO, or annotations of another format")
    .requiredOption("--dt <file>", "detections: COCO results, or annotations with scores")
    .option("--iou <x>", "least overlap of a hit", realNumber(0.01, 1), 0.5)
    .addOption(new Option("--method <name>", "area of the curve").choices(VOC_METHODS).default("every-point"))
    .addOption(
      flagOption("honour-ignore", "count neither what is to be ignored or difficult in the truth nor what lies on it"),
    )
    .option("--json <file>", "also write the numbers to a JSON file")
    .addHelpText("after", EXAMPLES)
    .action(async (options: VocEvaluationOptions) => {
      const { runVocEvaluation } = await import("./run-voc");
      await runVocEvaluation(options);
    });
}
