/**
 * @file Why a request was refused, in both languages.
 */
import { type Sentence, sentence } from "./sentence";

export const REFUSALS = {
  noStudy: sentence("no such study", "没有该检查；请在检查列表中核对"),
  noImage: sentence("no such image", "没有该图像；请核对其 UID"),
  noFinding: sentence("no finding of this id", "没有该病灶记录；它可能已因重新分析而更新，请刷新后重试"),
  noFrame: sentence(
    "no frame {frame#}: there are {frames#}, counted from 0",
    "没有第{frame#}帧：共{frames#}帧，从0数起",
  ),
  noHeld: sentence(
    "nothing of this identifier is held apart; GET /held names what is",
    "没有该编号的暂存图像；GET /held 列出全部",
  ),
  heldBehindAnother: sentence(
    "another object stands under its UID still; once that is gone it can be filed, else discard it",
    "同一 UID 下仍有另一对象；待其移除后可归档，否则请丢弃",
  ),
  heldAstray: sentence(
    "its series stands in another study still; once that is gone it can be filed, else discard it",
    "其序列仍属于另一检查；待其移除后可归档，否则请丢弃",
  ),
  heldDamaged: sentence(
    "its file is damaged; discard it, and have the PACS send the image again",
    "该暂存图像的文件已损坏；请丢弃，并让 PACS 重新发送该图像",
  ),
  imageDeleted: sentence(
    "the image was deleted by the retention rules",
    "该图像已按保存期限规则删除；如需查看请从 PACS 重新获取",
  ),
  notAnalysed: sentence(
    "the image was not analysed; GET /studies/:uid says why",
    "该图像未经分析，原因见其检查（GET /studies/:uid）",
  ),
  imageFailed: sentence("the image could not be analysed: {why@}", "该图像未能分析：{why@}"),
  frameMaybeUnread: sentence(
    "nothing was found in this frame, but it may be one that was not read: {what@}",
    "该帧未检出病灶，但可能正是未能读取的一帧，请人工阅片：{what@}",
  ),
  nothingInPart: sentence(
    "nothing was found in what was analysed, and not all was; ask for format=html, which says what",
    "已分析的部分未检出病灶，但并非全部图像都已分析；请改用 format=html，其中有说明",
  ),
  noAnalysedImage: sentence("no image of the study is here that was analysed", "该检查没有仍在保存且已分析的图像"),
  noStructuredReport: sentence(
    "no structured report was made of this study: no destination asks for one",
    "该检查没有结构化报告：没有发送目标要求生成；如需要请管理员在设置中添加",
  ),
  severalReports: sentence(
    "several series of this study have a structured report each; say which by series=UID",
    "该检查有多个序列各有一份结构化报告；请以 series=UID 指明",
  ),
  reportOutdated: sentence(
    "the series is {state@} at present; its structured report is of an earlier state",
    "该序列目前状态为“{state@}”，其结构化报告属于以前的状态；请待分析完成后再取",
  ),
  nothingToAnalyse: sentence(
    "nothing failed that could be analysed again, or it waits already",
    "没有可重新分析的失败图像，或已在等待分析",
  ),
  studyIsUpload: sentence(
    "the study is an upload; send its file to /detect again",
    "该检查来自上传的文件，不能在此重新分析；请将文件重新发送到 /detect",
  ),
  roleMayNot: sentence(
    "role {role} may not; {allowed} may",
    "角色 {role} 无此权限，需要以下角色之一：{allowed}；如有需要请联系管理员",
  ),
  badKey: sentence(
    "the key or token is not, or no longer, good here",
    "密钥或令牌无效，或已失效；请核对，或向管理员索取新的密钥",
  ),
  failedTooOften: sentence(
    "too many failed authentications; wait Retry-After seconds",
    "验证失败次数过多；请等待 Retry-After 所示的秒数后再试",
  ),
  asksTooOften: sentence(
    "more requests than http.requests_per_minute",
    "请求过于频繁，超过设置 http.requests_per_minute 的上限；请稍后再试",
  ),
  otherOrigin: sentence(
    "asked by a page of another origin",
    "请求来自其他来源的网页，已拒绝；如需允许请管理员设置 http.cors_origins",
  ),
  encoded: sentence(
    "Content-Encoding is not taken; send files as they are",
    "不接收带 Content-Encoding 的请求；请直接发送原文件",
  ),
  wantsForm: sentence(
    "expected multipart/form-data with a file as {field}",
    "请以 multipart/form-data 表单上传文件，字段名为 {field}",
  ),
  otherField: sentence("a file under another name, expected {field}", "文件的字段名不对，应为 {field}"),
  brokenForm: sentence("the multipart form is broken or ends too early", "上传的表单已损坏，或传输中断；请重新上传"),
  fileTooLarge: sentence(
    "a file larger than http.max_file allows",
    "文件超过设置 http.max_file 允许的大小；请管理员提高上限，或分开上传",
  ),
  noFile: sentence("no file; expected one as {field}", "没有收到文件；请以字段 {field} 上传一个文件"),
  noFiles: sentence("no file; expected some as files", "没有收到文件；请以字段 files 上传文件"),
  noVersion: sentence("no such version is ready", "没有该版本的可用模型；请核对版本名称（GET /models）"),
  noModelReady: sentence("no model {model} is ready; there are {models}", "没有可用的模型 {model}；现有：{models}"),
  noDefaultModel: sentence(
    "no model is the default for {modality}; name one of {models}",
    "{modality} 没有默认模型；请指定其中之一：{models}",
  ),
  noModelAtAll: sentence(
    "no model is loaded: give the service one by --model, models in fovea.yaml or POST /models/load",
    "服务尚未加载任何模型；请管理员以 --model、fovea.yaml 的 models 或 POST /models/load 加载模型",
  ),
  noPacs: sentence(
    "no such PACS in destinations; GET /pacs names them",
    "设置 destinations 中没有该 PACS；GET /pacs 列出全部名称",
  ),
  manyQuestions: sentence("many questions are under way", "正在进行的 PACS 查询过多；请稍后再试"),
  noSearchValue: sentence(
    "no value to search for; give one, such as patient_id",
    "没有给出查询条件；请至少给出一项，如 patient_id",
  ),
  manyRetrievals: sentence("as many retrievals wait as there is room for", "等待获取的检查已满；请稍后再试"),
  noDelivery: sentence("no such delivery; GET /deliveries names them", "没有该条发送记录；GET /deliveries 列出全部"),
  deliveryHomeless: sentence(
    "the settings have no destination of this name; enter it there, then the service sends it",
    "设置中没有该名称的发送目标；请管理员在设置中补上，服务随后会发送",
  ),
  onlyFailedAgain: sentence(
    "only what failed can be sent again; this was sent, or will be",
    "只有发送失败的才能重发；该项已发送，或即将发送",
  ),
  noKey: sentence("no such key that is good", "没有该密钥，或其已失效"),
  noJob: sentence("no such job", "没有该任务；请核对编号"),
  jobDone: sentence("the job is done", "该任务已完成，无法取消"),
  noPlace: sentence(
    "after: no place in this list; give `next` of the page before, or leave it out",
    "参数 after 不是该列表中的位置；请使用上一页的 next，或不给该参数",
  ),
} as const satisfies Readonly<Record<string, Sentence>>;

/** States of a series, within a sentence. */
export const SERIES_STATES = {
  received: sentence("received", "已接收"),
  queued: sentence("queued", "排队中"),
  analysed: sentence("analysed", "已分析"),
  failed: sentence("failed", "失败"),
  notAttempted: sentence("not_attempted", "未分析"),
  gone: sentence("gone", "已不存在"),
} as const satisfies Readonly<Record<string, Sentence>>;
