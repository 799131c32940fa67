import { describe, expect, test } from "vitest";
import { ERROR_SENTENCES } from "./error-sentences";
import { PEER_REASONS } from "./peer-reasons";
import { RECORD_REASONS } from "./record-reasons";
import { REFUSALS } from "./refusals";
import { fillGaps, type Sentence } from "./sentence";
import { errorIn, reasonIn, tell, tellError, warningIn } from "./tell";
import { PARSER_WARNINGS, WARNINGS } from "./warning-sentences";

/** A number for `#`, a word that is in no table for the others: it comes out as it goes in. */
const filled = (text: string) =>
  fillGaps(text, (name, kind) => (kind === "#" ? String(10 + name.length) : `<${name}>`));

const cases = (sentences: readonly Sentence[]) =>
  sentences.map((one) => [filled(one.en), filled(one.zh), one] as const);

describe("reasonIn", () => {
  test.each([
    [
      "invalid_dicom: PixelData: 12 bytes, expected 512",
      "DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（PixelData: 12 bytes, expected 512）",
    ],
    ["unknown", "原因未留下记录；请重新分析，若再次失败请联系管理员"],
    ["file_not_found: the image is no longer kept", "该图像已不再保存，无法分析；如需分析请从 PACS 重新获取"],
    [
      "2 of 12 images could not be analysed; the first: invalid_dicom: cut short",
      "共12幅图像中有2幅未能分析，第一幅的原因：DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（cut short）",
    ],
    [
      "1 of 3 images could not be analysed; the first: timed_out: 60 s (tried 5 times in 15 min); 1 of 3 images are no longer kept, earlier reports say what was found",
      "共3幅图像中有1幅未能分析，第一幅的原因：未在规定时间内完成；请稍后重试，若仍如此请联系管理员（60 s）；15分钟内已尝试5次；另外，3幅中有1幅已不再保存，其检出见以前的报告",
    ],
    [
      "invalid_image: frame 2 of 3: bad marker",
      "第2帧（共3帧）：图像文件已损坏或格式不受支持，无法读取；请重新导出或重新发送（bad marker）",
    ],
    ["not images to look at, but presentation states; waveforms", "不是可供分析的图像，而是显示状态、波形"],
    ["no model for CT", "没有适用于 CT 图像的模型；如需分析请管理员加载相应模型"],
    [
      "STOW-RS: status 0xA700",
      "经 STOW-RS 发送：PACS 的空间或资源不足，暂不能接收（状态码 0xA700）；请 PACS 管理员检查",
    ],
    [
      "peer_refused: STOW-RS: HTTP status 403; check dicom_web.authorization",
      "PACS 拒绝了 STOW-RS 请求（HTTP 状态码 403）；请管理员检查设置 dicom_web.authorization",
    ],
    [
      "the PACS: connect ECONNREFUSED",
      "与 PACS 的 DICOM 连接出错；请检查 PACS 是否运行、网络与端口是否正确（connect ECONNREFUSED）",
    ],
    [
      "the series is queued at present; its structured report is of an earlier state",
      "该序列目前状态为“排队中”，其结构化报告属于以前的状态；请待分析完成后再取",
    ],
  ])("tells %j in Chinese", (english, chinese) => {
    expect(reasonIn(english, "zh")).toBe(chinese);
  });

  test("puts the sentence of the code before its words in English too", () => {
    expect(reasonIn("invalid_dicom: cut short", "en")).toBe(
      "the DICOM file is damaged or breaks the standard; send it again from where it comes from (cut short)",
    );
    expect(reasonIn("2 of 12 images could not be analysed; the first: busy:", "en")).toBe(
      "2 of 12 images could not be analysed; the first: as much waits as there is room for; try again shortly",
    );
  });

  test.each(["written by an earlier version", "", "some_code: of another program", "12"])(
    "tells %j as it is: it is in no table",
    (text) => {
      expect([reasonIn(text, "zh"), reasonIn(text, "en")]).toEqual([text, text]);
    },
  );

  test.each(cases([RECORD_REASONS, REFUSALS, PEER_REASONS].flatMap((table) => Object.values<Sentence>(table))))(
    "takes %j for no other sentence",
    (english, chinese) => {
      expect([reasonIn(english, "zh"), reasonIn(english, "en")]).toEqual([chinese, english]);
    },
  );
});

describe("warningIn", () => {
  test.each([
    [
      "16-bit picture of which 12 bits are used: it is seen nearly black; convert it from DICOM with a window",
      "16位图像只用了其中12位，模型看到的几乎全黑，结果不可靠；请从 DICOM 按窗宽窗位重新导出",
    ],
    [
      "frame 3: not read (invalid_dicom)",
      "第3帧（从0数起）未能读取，对该帧不作任何结论：DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送",
    ],
    ["something else", "文件有异常，但仍可读取；请核对图像（something else）"],
  ])("tells %j in Chinese", (english, chinese) => {
    expect(warningIn(english, "zh")).toBe(chinese);
  });

  test.each(cases([...Object.values(WARNINGS), ...PARSER_WARNINGS]))("takes %j for no other", (english, chinese) => {
    expect([warningIn(english, "zh"), warningIn(english, "en")]).toEqual([chinese, english]);
  });
});

test("errorIn tells a code and its message", () => {
  expect(errorIn({ code: "invalid_image", message: "a.png: not a picture" }, "zh")).toBe(
    "图像文件已损坏或格式不受支持，无法读取；请重新导出或重新发送（a.png: not a picture）",
  );
});

test("tell fills in what is given, and what it writes is told again with the same numbers", () => {
  const first = tellError("timed_out", tell("triedInVain", { error: "60 s", tries: 5, minutes: 15 }));
  expect(first).toBe("timed_out: 60 s (tried 5 times in 15 min)");
  expect(tell("imagesFailed", { failed: 2, all: 12, first })).toBe(
    "2 of 12 images could not be analysed; the first: timed_out: 60 s (tried 5 times in 15 min)",
  );
});

test("every sentence for readers of Chinese is Chinese, and none ends with a full stop: others go on behind", () => {
  const all = [ERROR_SENTENCES, RECORD_REASONS, REFUSALS, PEER_REASONS, WARNINGS].flatMap((table) =>
    Object.values<Sentence>(table),
  );
  for (const { zh, en } of all) {
    expect(zh).toMatch(/\p{Script=Han}/u);
    expect(`${zh} ${en}`).not.toMatch(/[.。]$/);
  }
});
