/**
 * @file What was odd about a file that could be read, in both languages.
 */
import { type Sentence, sentence } from "./sentence";

export const WARNINGS = {
  nearlyBlack: sentence(
    "16-bit picture of which {bits#} bits are used: it is seen nearly black; convert it from DICOM with a window",
    "16位图像只用了其中{bits#}位，模型看到的几乎全黑，结果不可靠；请从 DICOM 按窗宽窗位重新导出",
  ),
  frameCount: sentence(
    "NumberOfFrames is {written}, which is no number; PixelData holds {held#}",
    "文件写的帧数（NumberOfFrames）为{written}，不是数字；按像素数据实有{held#}帧读取，请核对帧数",
  ),
  afterPixels: sentence(
    "ignored what follows the pixel data: {fault}",
    "像素数据之后的内容无法解析，已忽略；请核对图像是否完整（{fault}）",
  ),
  detectorSizes: sentence(
    "sizes in mm are at the plane of the detector, not corrected for magnification",
    "毫米尺寸为探测器平面测量值，未校正放大，大于体内实际尺寸",
  ),
  filmSizes: sentence("sizes in mm are on the scanned film", "毫米尺寸为扫描胶片上的测量值，并非体内实际尺寸"),
  frameUnread: sentence(
    "frame {frame#}: not read ({code@})",
    "第{frame#}帧（从0数起）未能读取，对该帧不作任何结论：{code@}",
  ),
} as const satisfies Readonly<Record<string, Sentence>>;

/** Those of the library that parses DICOM files (dicom-parser 1.8). */
export const PARSER_WARNINGS: readonly Sentence[] = [
  sentence(
    "unexpected tag {tag} while searching for end of pixel data element with undefined length",
    "压缩的像素数据中出现了不应有的标签{tag}；图像可能不完整，请核对",
  ),
  sentence(
    "pixel data element {tag} missing sequence delimiter tag xfffee0dd",
    "像素数据（{tag}）缺少结束标记；文件末尾可能被截断，请核对图像是否完整",
  ),
  sentence(
    "eof encountered before finding {what}",
    "文件在序列结束之前就已终止，可能被截断；请核对图像是否完整（{what}）",
  ),
];

/** Said of a warning that has no sentence of its own, before its words. */
export const ODD_FILE: Sentence = {
  zh: "文件有异常，但仍可读取；请核对图像",
  en: "the file is odd, but could be read",
};
