/**
 * @file Why a result could not be sent to a PACS, or images not be got from one, in both languages.
 */
import { type Sentence, sentence } from "./sentence";

export const PEER_REASONS = {
  noDestination: sentence(
    "the settings have no destination of this name",
    "设置中没有该名称的发送目标；请管理员在设置中补上，服务随后会发送",
  ),
  retrievalHasNoDestination: sentence(
    "the settings have no such destination any more",
    "设置中已没有该 PACS；请管理员在设置中补上后重新获取",
  ),
  objectsRefused: sentence(
    "{refused#} of {all#} objects were refused here: they are damaged, or others are here under their UIDs",
    "共{all#}个对象中有{refused#}个未被本服务接收：对象已损坏，或其 UID 已被其他对象占用；请在 PACS 中核对这些图像",
  ),
  retrievalGivenUp: sentence(
    "tried {attempts#} times, and not everything came",
    "已尝试{attempts#}次，图像仍未取全；请检查 PACS 后重新获取",
  ),
  retrievalGivenUpAtLast: sentence(
    "tried {attempts#} times, and not everything came; the last time: {last@}",
    "已尝试{attempts#}次，图像仍未取全；请检查 PACS 后重新获取。最后一次：{last@}",
  ),
  noRoomForRetrieved: sentence(
    "no room for retrieved images",
    "本服务暂无空间存放取回的图像，将自动重试；请管理员检查磁盘",
  ),
  retrievedNotKept: sentence(
    "{lost#} retrieved images could not be kept",
    "取回的图像中有{lost#}幅未能保存，将自动重试；请管理员检查磁盘",
  ),
  notMoved: sentence(
    "C-MOVE: {failed#} of {all#} did not come",
    "PACS 未能发送{all#}幅图像中的{failed#}幅（C-MOVE）；请在 PACS 中核对",
  ),
  notGot: sentence(
    "C-GET: {failed#} of {all#} objects did not come (status {status})",
    "PACS 未能发送{all#}个对象中的{failed#}个（C-GET，状态码 {status}）；请在 PACS 中核对",
  ),
  moveDestinationUnknown: sentence(
    "the PACS does not know {title} as a destination; enter it there",
    "PACS 中没有登记本服务的 AE 名称 {title}；请 PACS 管理员登记其地址与端口",
  ),
  serviceNotOffered: sentence(
    "the PACS does not offer {service} to us; allow it there",
    "PACS 未向本服务开放 {service}；请 PACS 管理员开放该权限",
  ),
  notSent: sentence("not sent", "尚未发送，将自动重试"),
  noAnswer: sentence("no answer", "PACS 没有应答，将自动重试；若持续如此请检查 PACS 与网络"),
  webNoAnswer: sentence(
    "no answer from the PACS by DICOMweb ({why})",
    "PACS 的 DICOMweb 接口没有应答；请检查 PACS 是否运行、地址与网络是否正确（{why}）",
  ),
  stoppedAnswering: sentence("the PACS stopped in mid-answer", "PACS 的应答中途停止；请检查 PACS 与网络"),
  cancelled: sentence("the request to the PACS was cancelled", "对 PACS 的请求被中断；服务运行时会再次尝试"),
  notConfirmed: sentence(
    "STOW-RS: the answer does not say that it was stored",
    "PACS 的应答（STOW-RS）没有确认已存储；将先查询 PACS，再决定是否重发",
  ),
  nothingConfirmed: sentence(
    "STOW-RS: the answer does not say what was stored",
    "PACS 的应答（STOW-RS）没有说明存储了哪些对象；将先查询 PACS，再决定是否重发",
  ),
  alreadyThere: sentence("it was there already (status {status})", "PACS 中原已有该对象（状态码 {status}）"),
  classNotTaken: sentence(
    "does not take SOP class {sopClass} in transfer syntax {syntax}",
    "PACS 不接收该类对象（SOP Class {sopClass}，传输语法 {syntax}）；请 PACS 管理员开放接收",
  ),
  notDicom: sentence(
    "not a DICOM file: {fault}",
    "待发送的文件不是有效的 DICOM 文件，未能发送；请告知管理员（{fault}）",
  ),
  titleUnknown: sentence(
    "the PACS rejected the association: it does not know our AE title ({numbers}); compare AE titles and addresses on both sides",
    "PACS 拒绝连接：未登记本服务的 AE 名称；请在双方核对 AE 名称与地址（{numbers}）",
  ),
  titleDiffers: sentence(
    "the PACS rejected the association: it has another AE title ({numbers}); compare AE titles and addresses on both sides",
    "PACS 拒绝连接：其 AE 名称与设置不符；请在双方核对 AE 名称与地址（{numbers}）",
  ),
  congested: sentence(
    "the PACS rejected the association: it is congested ({numbers})",
    "PACS 繁忙，暂时拒绝连接，将自动重试（{numbers}）",
  ),
  tooManyAssociations: sentence(
    "the PACS rejected the association: it has too many associations ({numbers})",
    "PACS 的连接数已满，暂时拒绝连接，将自动重试（{numbers}）",
  ),
  associationRejected: sentence(
    "the PACS rejected the association: {fault}",
    "PACS 拒绝连接；请在双方核对 AE 名称、地址与权限（{fault}）",
  ),
  associationFailed: sentence(
    "the PACS: {fault}",
    "与 PACS 的 DICOM 连接出错；请检查 PACS 是否运行、网络与端口是否正确（{fault}）",
  ),
  webUnauthorised: sentence(
    "{service}: HTTP status {status#}; check dicom_web.authorization",
    "PACS 拒绝了 {service} 请求（HTTP 状态码 {status#}）；请管理员检查设置 dicom_web.authorization",
  ),
  webStatus: sentence(
    "{service}: HTTP status {status#}",
    "PACS 未能完成 {service} 请求（HTTP 状态码 {status#}）；请 PACS 管理员按状态码检查",
  ),
  noRoomThere: sentence(
    "status 0xA7{rest}",
    "PACS 的空间或资源不足，暂不能接收（状态码 0xA7{rest}）；请 PACS 管理员检查",
  ),
  doesNotMatchClass: sentence(
    "status 0xA9{rest}",
    "PACS 认为该对象与其类别不符，未接收（状态码 0xA9{rest}）；请告知管理员",
  ),
  notUnderstoodThere: sentence(
    "status 0xC{rest}",
    "PACS 无法理解该对象，未接收（状态码 0xC{rest}）；请 PACS 管理员查看其日志",
  ),
  coerced: sentence("status 0xB{rest}", "PACS 已接收，但有提示（状态码 0xB{rest}）；必要时请在 PACS 中核对"),
  classUnsupported: sentence("status 0x0122", "PACS 不支持该类对象，未接收（状态码 0x0122）；请 PACS 管理员开放接收"),
  notAuthorised: sentence("status 0x0124", "PACS 未授权本服务（状态码 0x0124）；请 PACS 管理员开放权限"),
  serviceStatus: sentence(
    "C-{service}: status 0x{code}",
    "PACS 未能完成 C-{service} 请求，返回状态码 0x{code}；请 PACS 管理员按状态码检查",
  ),
  status: sentence("status 0x{code}", "PACS 返回状态码 0x{code}；请 PACS 管理员按状态码检查"),
  stowStatus: sentence("STOW-RS: {status@}", "经 STOW-RS 发送：{status@}"),
} as const satisfies Readonly<Record<string, Sentence>>;
