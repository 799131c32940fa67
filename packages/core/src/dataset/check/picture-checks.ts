/**
 * @file Pictures that cannot be read, are not what they are called, or show next to nothing.
 */
import type { AnnotatedImage } from "../annotation-set";
import { type CheckFinding, finding } from "./finding-kinds";
import { CHECK_LIMITS, type CheckLimits } from "./limits";
import { isRead, type LookedPicture, type PictureFacts } from "./picture-facts";

/** @param pictures by image; `undefined` of those that were not looked at */
export function pictureFindings(
  images: readonly AnnotatedImage[],
  pictures: readonly (LookedPicture | undefined)[],
  limits: CheckLimits = CHECK_LIMITS,
): CheckFinding[] {
  const looked = pictures.filter((picture) => picture !== undefined);
  if (looked.length > 1 && looked.every(isMissing)) {
    // A set of labels alone: one word says it.
    const [en, zh] = [`none of ${looked.length} pictures was found`, `${looked.length} 幅图片均未找到`];
    return [finding("missing_picture", en, zh, { severity: "warning" })];
  }
  return images.flatMap((image, i) => {
    const picture = pictures[i];
    if (picture === undefined) return [];
    if (isMissing(picture)) return [finding("missing_picture", "no such file", "未找到该文件", { image: i })];
    if (!isRead(picture)) return [finding("unreadable", picture.message, picture.message, { image: i })];
    const shown = contrastFinding(picture, limits);
    return [...fileFindings(image, picture), ...(shown ? [shown] : [])].map((one) => ({ ...one, images: [i] }));
  });
}

const isMissing = (picture: LookedPicture) => !isRead(picture) && picture.code === "file_not_found";

function fileFindings({ width, height }: AnnotatedImage, picture: PictureFacts): CheckFinding[] {
  const found: CheckFinding[] = [];
  const { format, named } = picture;
  if (named !== undefined && named !== format) {
    found.push(finding("wrong_ending", `named ${named}, holds ${format}`, `扩展名为 ${named}，内容为 ${format}`));
  }
  if (width !== undefined && height !== undefined && (width !== picture.width || height !== picture.height)) {
    const [said, is] = [`${width} x ${height}`, `${picture.width} x ${picture.height}`];
    found.push(finding("size_mismatch", `annotated as ${said}, is ${is}`, `标注为 ${said}，实际为 ${is}`));
  }
  return found;
}

/** The gravest of what is wrong with its grey values. */
function contrastFinding(
  { mean, deviation, bright, whiteShare }: PictureFacts,
  limits: CheckLimits,
): CheckFinding | undefined {
  const [en, zh] = [`mean ${mean.toFixed(0)}, deviation ${deviation.toFixed(1)} of 255`, `均值 ${mean.toFixed(0)}`];
  const zhText = `${zh}，标准差 ${deviation.toFixed(1)}（满幅 255）`;
  if (deviation < limits.constantDeviation) return finding("constant_image", en, zhText);
  if (bright < limits.darkLevel) {
    return finding(
      "dark_image",
      `99 % of its pixels up to ${bright} of 255`,
      `99 % 的像素不超过 ${bright}（满幅 255）`,
    );
  }
  if (whiteShare > limits.saturatedShare) {
    const share = Math.round(100 * whiteShare);
    return finding("saturated_image", `${share} % of its pixels white`, `${share} % 的像素为纯白`);
  }
  return deviation < limits.lowDeviation ? finding("low_contrast", en, zhText) : undefined;
}
