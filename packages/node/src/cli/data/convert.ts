/**
 * @file `fovea data convert`: annotations from one format to another.
 */
import {
  READ_FORMATS,
  type ReadFormat,
  WRITE_FORMATS,
  type WriteFormat,
} from "@fovea/core/dataset/formats/format-names";
import { type Command, Option } from "commander";

export interface ConvertOptions {
  readonly to: WriteFormat;
  readonly out: string;
  readonly from?: ReadFormat;
  readonly split?: string;
  readonly classMap?: string;
  readonly images?: string;
  readonly sizes?: string;
  readonly columns?: string;
  readonly copyImages: boolean;
  readonly linkImages: boolean;
  readonly overwrite: boolean;
  readonly json?: string;
}

const NOTES = `
IN is a file of annotations or a folder of them; its format is found by its
content: COCO, YOLO, Pascal VOC and ImageNet, LabelMe, CVAT for images,
Open Images, CSV (RSNA, VinDr-CXR and alike), TFRecord. A broken file is
reported and left out, the rest is converted. What the new format cannot hold
is listed. docs/formats.md tells what each format holds.

A class map is a YAML file of old and new names:
  Nodule: lesion       renamed
  Mass: lesion         merged
  Artefact: null       dropped

Examples:
  fovea data convert VOC2012 --to coco --out lesions.json
  fovea data convert lesions.json --to yolo --out yolo --copy-images
  fovea data convert train.csv --to coco --out train.json --images dicom/
  fovea data convert task.xml --to yolo --out yolo --class-map map.yaml
  fovea data convert boxes.csv --to coco --out boxes.json
    --columns image=scan,class=finding,x1=left,y1=top,x2=right,y2=bottom`;

export function register(group: Command): void {
  group
    .command("convert")
    .summary("annotations from one format to another")
    .description("Convert annotations to another format, with their pictures if wanted.")
    .argument("<in>", "file or folder of annotations")
    .addOption(new Option("--to <format>", "format to write").choices(WRITE_FORMATS).makeOptionMandatory())
    .requiredOption("--out <path>", "folder to write to; or a file, where the format is one (.json, .xml, .csv)")
    .addOption(new Option("--from <format>", "format of IN, found out by default").choices(READ_FORMATS))
    .option("--split <part>", "this part only: train, val, test")
    .option("--class-map <file>", "YAML file that renames, merges and drops classes")
    .option("--images <folder>", "where the pictures stand, if not beside the annotations")
    .option("--sizes <annotations>", "take image sizes from these annotations, where pictures are missing")
    .option("--columns <role=name,...>", "what the columns of a CSV file mean")
    .option("--copy-images", "copy the pictures", false)
    .option("--link-images", "link the pictures", false)
    .option("--overwrite", "write into a folder that holds files", false)
    .option("--json <file>", "write what was done as JSON")
    .addHelpText("after", NOTES)
    .action(async (path: string, options: ConvertOptions) => {
      const { runConvert } = await import("./run-convert");
      await runConvert(path, options);
    });
}
