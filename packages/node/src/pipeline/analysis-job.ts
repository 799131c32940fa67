/**
 * @file The job "analyse this series with this model version", as it lies in the queue.
 */

export const ANALYSE_SERIES = "analyse-series";

export interface AnalyseSeriesJob {
  readonly seriesUid: string;
  readonly modelId: string;
  /** Names of destinations of what comes of it. @default all */
  readonly sendTo?: readonly string[];
}

/** One job at a time waits for a series and a model version. */
export function analysisKey({ seriesUid, modelId }: AnalyseSeriesJob): string {
  return `${seriesUid}/${modelId}`;
}

/** Content of a job of ours. */
export function analyseSeriesJob(content: Readonly<Record<string, unknown>>): AnalyseSeriesJob {
  const { seriesUid, modelId, sendTo } = content;
  if (typeof seriesUid !== "string" || typeof modelId !== "string") throw new Error("unreachable: no job of ours");
  return { seriesUid, modelId, ...(Array.isArray(sendTo) && { sendTo: sendTo.map(String) }) };
}
