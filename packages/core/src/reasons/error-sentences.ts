/**
 * @file Every error code as a sentence for readers: what happened, and what to do about it.
 */
import type { ErrorCode } from "../errors";
import type { Bilingual } from "../language";

/** Codes of the record and of answers beside those of our errors: a mistake of ours, and a reason that nobody wrote down. */
export type ToldCode = ErrorCode | "internal" | "unknown";

/** A new code does not compile until it has its sentences. */
export const ERROR_SENTENCES: Readonly<Record<ToldCode, Bilingual>> = {
  invalid_argument: {
    zh: "给出的内容不符合要求；请按提示更正后重试",
    en: "what was given is not as wanted; correct it and try again",
  },
  unknown_argument: {
    zh: "没有这个名称的参数；请核对拼写",
    en: "there is no argument of this name; check how it is spelt",
  },
  shape_mismatch: {
    zh: "程序内部的数据尺寸不一致，属软件故障；请把原文告知管理员",
    en: "sizes inside the program do not fit, a fault of the software; tell your administrator",
  },
  file_not_found: {
    zh: "找不到文件；请确认文件是否还在，或重新发送",
    en: "the file is not there; see whether it still exists, or send it again",
  },
  file_unreadable: {
    zh: "文件无法读取；请检查文件的权限与所在磁盘，或重新发送",
    en: "the file cannot be read; check its permissions and its disk, or send it again",
  },
  files_unavailable: {
    zh: "已保存的文件暂时无法读取；请稍后重试，若仍如此请管理员检查存储",
    en: "the kept files cannot be read at the moment; try again later, and if that does not help have the storage checked",
  },
  write_failed: {
    zh: "无法写入；请检查磁盘与权限后重试",
    en: "it could not be written; check disk and permissions, and try again",
  },
  disk_full: {
    zh: "磁盘空间已满；请管理员清理空间后重试",
    en: "the disk is full; have room made, and try again",
  },
  invalid_checkpoint: {
    zh: "模型的检查点文件已损坏或格式不符；请更换模型文件",
    en: "the model's checkpoint is damaged or of another format; use another file",
  },
  invalid_safetensors: {
    zh: "模型的权重文件已损坏或格式不符；请更换模型文件",
    en: "the model's weights are damaged or of another format; use another file",
  },
  invalid_onnx: {
    zh: "模型的 ONNX 文件已损坏或不受支持；请更换模型文件",
    en: "the model's ONNX file is damaged or not supported; use another file",
  },
  invalid_model: {
    zh: "模型文件或模型描述有误；请更换模型文件，或联系管理员",
    en: "the model's file or description is wrong; use another, or tell your administrator",
  },
  invalid_dataset: {
    zh: "数据集有误；请按提示更正",
    en: "the data set is wrong; correct it as is said behind",
  },
  invalid_label: {
    zh: "标注有误；请按提示更正",
    en: "a label is wrong; correct it as is said behind",
  },
  invalid_annotations: {
    zh: "标注文件或检测结果文件有误；请按提示更正",
    en: "the file of annotations or findings is wrong; correct it as is said behind",
  },
  invalid_image: {
    zh: "图像文件已损坏或格式不受支持，无法读取；请重新导出或重新发送",
    en: "the image file is damaged or of a format that is not read; export or send it again",
  },
  invalid_dicom: {
    zh: "DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送",
    en: "the DICOM file is damaged or breaks the standard; send it again from where it comes from",
  },
  unsupported_dicom: {
    zh: "该 DICOM 文件不含图像，或其图像类型、压缩方式不受支持；若应有图像，请以未压缩格式重新发送",
    en: "the DICOM file holds no image, or one of a kind or compression that is not read; if it should hold one, send it uncompressed",
  },
  provider_unavailable: {
    zh: "所选的计算设备不可用；请管理员检查设备，或改用 CPU",
    en: "the device to compute on is not available; have it checked, or use the CPU",
  },
  runtime_failed: {
    zh: "模型运行时出错；请重新分析，若再次失败请联系管理员",
    en: "the model failed while it ran; analyse it again, and if it fails again tell your administrator",
  },
  loss_not_finite: {
    zh: "训练的损失值不再是有限数；请降低学习率后重新训练",
    en: "the training loss is no finite number any more; train again at a lower rate",
  },
  scores_not_finite: {
    zh: "模型对该图像给出的结果不是有效数值，未予采用；请人工阅片，并告知管理员",
    en: "the model gave no valid numbers for this image, so that nothing is said of it; read it yourself, and tell your administrator",
  },
  out_of_memory: {
    zh: "内存不足；请稍后重试，若仍如此请管理员增加内存",
    en: "there was too little memory; try again later, and if that does not help have memory added",
  },
  interrupted: {
    zh: "处理被中断，未完成；请稍后重试",
    en: "it was interrupted before its end; try again later",
  },
  busy: {
    zh: "服务繁忙，等待的任务已满；请稍后重试",
    en: "as much waits as there is room for; try again shortly",
  },
  timed_out: {
    zh: "未在规定时间内完成；请稍后重试，若仍如此请联系管理员",
    en: "it was not finished in time; try again later, and if that does not help tell your administrator",
  },
  network_hung: {
    zh: "模型分析该图像时长时间无响应，已中止；请重新分析，若再次发生请联系管理员",
    en: "the network did not come to an end on the image, and was given up; have it analysed again, and if that does not help tell your administrator",
  },
  unknown_model: {
    zh: "没有加载该模型；请核对模型名称，或请管理员加载",
    en: "no such model is loaded; check its name, or have it loaded",
  },
  invalid_rules: {
    zh: "规则文件有误；请按提示更正",
    en: "the rule file is wrong; correct it as is said behind",
  },
  invalid_config: {
    zh: "服务的设置有误；请管理员按提示更正",
    en: "the settings of the service are wrong; have them corrected as is said behind",
  },
  peer_unreachable: {
    zh: "对方系统（如 PACS）没有应答；请检查其是否运行、网络是否连通，稍后重试",
    en: "the other system (such as the PACS) does not answer; check that it runs and can be reached, and try again later",
  },
  peer_refused: {
    zh: "对方系统（如 PACS）拒绝了请求；请联系其管理员核对权限与设置",
    en: "the other system (such as the PACS) refused; have its administrator check permissions and settings",
  },
  database_unavailable: {
    zh: "数据库暂时无法访问；请稍后重试，若仍如此请联系管理员",
    en: "the database cannot be reached at the moment; try again later, and if that does not help tell your administrator",
  },
  wrong_key: {
    zh: "加密密钥不符，已保存的数据无法解读；请管理员核对密钥",
    en: "the encryption key does not fit what is kept; have the key checked",
  },
  audit_broken: {
    zh: "审计日志校验未通过，可能被改动过；请立即告知管理员",
    en: "the audit log does not hold together and may have been changed; tell your administrator at once",
  },
  not_allowed: {
    zh: "当前角色无此权限；如有需要请联系管理员",
    en: "your role does not allow this; ask your administrator if you need it",
  },
  not_found: {
    zh: "内容不存在，或已被移除；请核对后重试",
    en: "it is not here, or no longer; check what was asked for",
  },
  internal: {
    zh: "程序内部出错；请重试，若再次失败请告知管理员",
    en: "the program itself failed; try again, and if it fails again tell your administrator",
  },
  unknown: {
    zh: "原因未留下记录；请重新分析，若再次失败请联系管理员",
    en: "the reason was not kept; analyse it again, and if it fails again tell your administrator",
  },
};

export function isErrorCode(code: string): code is ErrorCode {
  return isToldCode(code) && code !== "internal" && code !== "unknown";
}

export function isToldCode(code: string): code is ToldCode {
  return Object.hasOwn(ERROR_SENTENCES, code);
}
