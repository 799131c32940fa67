/**
 * @file LabelMe files as an annotation set.
 */
import { dirname, posix } from "node:path";
import { assembleSet, type ImageDraft } from "@fovea/core/dataset/formats/annotation-draft";
import { readLabelMe } from "@fovea/core/dataset/formats/labelme";
import type { Problem } from "@fovea/core/dataset/sample";
import type { AnnotationFiles, Gathered } from "./annotation-source";
import { fromBase } from "./from-base";
import { readAnnotationText } from "./read-annotation-text";
import { readEach } from "./read-each";

/** Paths of images are taken from the folder of their file; those of another machine's disk keep their last part. */
export async function gatherLabelMe({ files, folder }: AnnotationFiles): Promise<Gathered> {
  const problems: Problem[] = [];
  const drafts = await readEach(files, problems, async (path): Promise<ImageDraft> => {
    const { image, problems: own } = readLabelMe(await readAnnotationText(path), path);
    problems.push(...own);
    const absolute = /^(\/|[a-z]:)/i.test(image.file);
    const name = absolute ? posix.basename(image.file) : image.file;
    return { ...image, file: posix.normalize(posix.join(fromBase(folder, dirname(path)), name)) };
  });
  return { set: assembleSet(drafts), problems, base: folder };
}
