/**
 * @file `fovea evaluate coco`: detections by COCO's rules.
 */
import { type Command, Option } from "commander";
import { flagOption } from "../option";

export interface CocoEvaluationOptions {
  readonly gt: string;
  readonly dt: string;
  readonly iouType: "bbox" | "segm";
  readonly honourIgnore: boolean;
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  fovea evaluate coco --gt annotations.json --dt results.json
  fovea evaluate coco --gt annotations.json --dt masks.json --iou-type segm \\
    --json coco.json
  fovea evaluate coco --gt data.yaml --dt detected/ --honour-ignore

The numbers are those of pycocotools. Results are COCO's list of image_id,
category_id, bbox or segmentation, and score, which refers to the truth's ids;
everything else that is read as annotations is matched by file and class name.`;

export function register(group: Command): void {
  group
    .command("coco")
    .summary("average precision and recall as COCO reports them")
    .description(
      "COCO's twelve numbers, for all categories and for each: average precision over IoU .50 to .95, at .50 and .75, by size; average recall by 1, 10 and 100 detections per image, by size.",
    )
    .requiredOption("--gt <file>", "truth: a COCO file, or annotations of another format")
    .requiredOption("--dt <file>", "detections: COCO results, or annotations with scores")
    .addOption(
      new Option("--iou-type <what>", "compare boxes, or masks (with Dice beside it)")
        .choices(["bbox", "segm"])
        .default("bbox"),
    )
    .addOption(flagOption("honour-ignore", "judge nothing where the truth says ignore, which pycocotools does"))
    .option("--json <file>", "also write the numbers to a JSON file")
    .addHelpText("after", EXAMPLES)
    .action(async (options: CocoEvaluationOptions) => {
      const { runCocoEvaluation } = await import("./run-coco");
      await runCocoEvaluation(options);
    });
}
