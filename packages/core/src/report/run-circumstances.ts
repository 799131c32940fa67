/**
 * @file Sections of a run's page: stages, timing, arguments, environment and data.
 */
import { both, type Html, html } from "./html-text";
import { chartFigure } from "./run-measures";
import { durationText, type RunReport } from "./run-report";

export function stageSection({ stages }: RunReport): Html | undefined {
  if (stages.length === 0) return undefined;
  return html`<div class="scroll"><table><thead><tr><th>${both("阶段", "Stage")}</th><th>${both("轮次", "Epochs")}</th>
<th>${both("训练部分", "Trained")}</th><th>${both("学习率", "Learning rate")}</th></tr></thead>
<tbody>${stages.map(
    ({
      name,
      firstEpoch,
      lastEpoch,
      trainable,
      learningRate,
    }) => html`<tr><td class="text">${name}</td><td>${firstEpoch}–${lastEpoch}</td>
<td class="text">${trainable}</td><td class="text">${learningRate}</td></tr>`,
  )}</tbody></table></div>`;
}

const TIMING_WORDS: Readonly<Record<string, string>> = {
  "seconds per epoch": "每轮秒数",
  "share of training time waiting for data, %": "训练时间中等待数据的百分比",
  epoch: "轮",
  "whole epoch": "整轮",
  validation: "验证",
  "waiting for data": "等待数据",
};

export function timingSection({ timing }: RunReport): Html | undefined {
  if (timing.length === 0) return undefined;
  const line = (name: string, value: (one: (typeof timing)[number]) => number) => ({
    name,
    points: timing.map((one) => ({ x: one.epoch, y: value(one) })),
  });
  const sum = (value: (one: (typeof timing)[number]) => number) => timing.reduce((total, one) => total + value(one), 0);
  const [all, waiting, validating] = [
    sum(({ seconds }) => seconds),
    sum(({ waitingSeconds }) => waitingSeconds),
    sum(({ validationSeconds }) => validationSeconds),
  ];
  const share = (100 * waiting) / Math.max(all - validating, 1e-9);
  const text = (language: "zh" | "en") => ({
    epoch: durationText(all / timing.length, language),
    validation: durationText(validating / timing.length, language),
  });
  const [zh, en] = [text("zh"), text("en")];
  return html`<p class="sentence">${both(
    `平均每轮${zh.epoch}，其中验证与保存${zh.validation}；训练时间的${share.toFixed(1)}%在等待数据。`,
    `${en.epoch} per epoch on average, ${en.validation} of it validating and saving; ${share.toFixed(1)} % of the training time was spent waiting for data.`,
  )}</p><div class="charts">${chartFigure(
    {
      title: "seconds per epoch",
      xTitle: "epoch",
      lines: [line("whole epoch", ({ seconds }) => seconds), line("validation", (one) => one.validationSeconds)],
    },
    { chinese: TIMING_WORDS },
  )}${chartFigure(
    {
      title: "share of training time waiting for data, %",
      xTitle: "epoch",
      lines: [
        line(
          "waiting for data",
          (one) => (100 * one.waitingSeconds) / Math.max(one.seconds - one.validationSeconds, 1e-9),
        ),
      ],
    },
    { chinese: TIMING_WORDS },
  )}</div>`;
}

export function argumentSection({ arguments: given }: RunReport): Html | undefined {
  if (given.length === 0) return undefined;
  return html`<div class="arguments">${given.map(
    ({ name, value, isDefault }) =>
      html`<p class="${isDefault ? "" : "given"}">${name}: ${value === "" ? "–" : value}</p>`,
  )}</div><p class="small">${both("粗体：与默认值不同。", "Bold: differs from the default.")}</p>`;
}

export function environmentSection({ environment, data }: RunReport): Html {
  const { path, fingerprint, files, bytes } = data;
  const size = `${files} ${bytes >= 2 ** 30 ? `(${(bytes / 2 ** 30).toFixed(2)} GiB)` : `(${(bytes / 2 ** 20).toFixed(1)} MiB)`}`;
  const fact = (name: Html | string, value: string) =>
    html`<tr><td class="fact">${name}</td><td class="text">${value}</td></tr>`;
  return html`<table><tbody>${fact(both("数据集", "Data"), path)}${fact(both("图像文件", "Image files"), size)}${
    fingerprint === undefined ? undefined : fact(both("数据指纹 SHA-256", "Fingerprint SHA-256"), fingerprint)
  }${environment.map(([name, value]) => fact(name, value))}</tbody></table>
<p class="small">${both(
    "指纹由文件名、文件大小与标注内容算出；相同指纹即相同数据，与存放位置无关。",
    "The fingerprint is taken over file names, sizes and labels: the same one means the same data, wherever it stands.",
  )}</p>`;
}
