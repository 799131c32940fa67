/**
 * @file Why an image or a series has no result, or not a whole one, as the record keeps it, in both languages.
 */
import { type Sentence, sentence } from "./sentence";

export const RECORD_REASONS = {
  imagesFailedAndGone: sentence(
    "{failed#} of {all#} images could not be analysed; the first: {first@}; {gone#} of {kept#} images are no longer kept, earlier reports say what was found",
    "共{all#}幅图像中有{failed#}幅未能分析，第一幅的原因：{first@}；另外，{kept#}幅中有{gone#}幅已不再保存，其检出见以前的报告",
  ),
  imagesFailed: sentence(
    "{failed#} of {all#} images could not be analysed; the first: {first@}",
    "共{all#}幅图像中有{failed#}幅未能分析，第一幅的原因：{first@}",
  ),
  imagesGone: sentence(
    "{gone#} of {all#} images are no longer kept, earlier reports say what was found",
    "共{all#}幅图像中有{gone#}幅已不再保存，其检出见以前的报告",
  ),
  imagesWait: sentence(
    "{waiting#} of {all#} images are to be tried again; the first: {first@}",
    "共{all#}幅图像中有{waiting#}幅将自动重试，第一幅的原因：{first@}",
  ),
  framesUnread: sentence("{failed#} of {all#} frames could not be analysed", "{all#}帧中有{failed#}帧未能分析"),
  noImageKept: sentence("no image is kept any more", "图像均已不再保存，无法分析；如需分析请从 PACS 重新获取"),
  imageNotKept: sentence("the image is no longer kept", "该图像已不再保存，无法分析；如需分析请从 PACS 重新获取"),
  versionNotLoaded: sentence(
    "model version {version} is not loaded",
    "模型版本 {version} 未加载；请管理员加载该模型后重新分析",
  ),
  modelNotLoaded: sentence("model {model} is not loaded", "模型 {model} 未加载；请管理员加载该模型后重新分析"),
  noModelWithoutModality: sentence(
    "no model for series without a modality",
    "该序列未注明设备类型，没有适用的模型；请核对图像，或请管理员设置默认模型",
  ),
  noModelFor: sentence("no model for {modality}", "没有适用于 {modality} 图像的模型；如需分析请管理员加载相应模型"),
  neverEnded: sentence(
    "the analysis was begun many times and never came to an end",
    "分析多次开始而未能完成，已放弃；请重新分析，若再次失败请联系管理员",
  ),
  neverEndedAtLast: sentence(
    "the analysis was begun many times and never came to an end; at last: {last@}",
    "分析多次开始而未能完成，已放弃；请重新分析，若再次失败请联系管理员。最后一次：{last@}",
  ),
  notReported: sentence("found, but not reported: {why@}", "已完成检测，但未能生成报告，请人工核对：{why@}"),
  reportedLater: sentence(
    "found, and to be reported once this has passed: {why@}",
    "已完成检测，报告将在以下问题解除后自动生成：{why@}",
  ),
  noImages: sentence("not images to look at, but {kinds*}", "不是可供分析的图像，而是{kinds*}"),
  noPixels: sentence("its objects have no pixels", "该序列的对象不含像素，无图像可分析"),
  secondaryCaptures: sentence(
    "secondary captures; a routing rule that names a model has them analysed",
    "二次捕获图像（屏幕截图等），默认不分析；如需分析请管理员在路由规则中指定模型",
  ),
  routedAway: sentence("routing rule {rule#} says so", "按路由规则第{rule#}条的规定不分析"),
  ownResult: sentence("made by Fovea itself", "由 Fovea 自身生成的结果，不再分析"),
  batchNeverEnded: sentence(
    "the batch was begun many times and never came to its end; send this file again",
    "该批次多次开始而未能完成，已放弃；请重新上传该文件",
  ),
  bytesNotKept: sentence("its bytes are no longer kept; send it again", "该文件的内容已不再保存；请重新上传"),
  programEnded: sentence(
    "the program ended {deaths#} times while it analysed this image",
    "分析该图像时程序{deaths#}次异常终止，已不再尝试；图像文件可能已损坏，请重新导出或人工阅片",
  ),
  fileEndedProgram: sentence(
    "{file}: the program ended {attempts#} times while it looked at this file; it is left out until --restart",
    "{file}：处理该文件时程序{attempts#}次异常终止，已跳过；文件可能已损坏，请重新导出，或以 --restart 重新开始",
  ),
  noImageInFile: sentence("the file holds no image", "该文件中没有图像；请核对文件"),
} as const satisfies Readonly<Record<string, Sentence>>;

/** What may be said of an error beside what it is; stands between or behind its code and its words. */
export const ABOUT_ERRORS = {
  frameOf: sentence("frame {frame#} of {frames#}: {error@}", "第{frame#}帧（共{frames#}帧）：{error@}"),
  triedInVain: sentence(
    "{error@} (tried {tries#} times in {minutes#} min)",
    "{error@}；{minutes#}分钟内已尝试{tries#}次",
  ),
} as const satisfies Readonly<Record<string, Sentence>>;

/** Objects that say something of images, and are none. */
export const OBJECT_KINDS = {
  reports: sentence("structured reports or key object selections", "结构化报告或关键图像选择"),
  presentations: sentence("presentation states", "显示状态"),
  registrations: sentence("registrations", "图像配准"),
  segmentations: sentence("segmentations", "图像分割"),
  surfaces: sentence("surface segmentations", "表面分割"),
  rawData: sentence("raw data, fiducials or the like", "原始数据、基准点等"),
  parametricMaps: sentence("parametric maps", "参数图"),
  documents: sentence("encapsulated documents", "封装文档"),
  doses: sentence("radiotherapy doses", "放疗剂量"),
  structures: sentence("radiotherapy structures", "放疗结构"),
  plans: sentence("radiotherapy plans", "放疗计划"),
  waveforms: sentence("waveforms", "波形"),
} as const satisfies Readonly<Record<string, Sentence>>;
