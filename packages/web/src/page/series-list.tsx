/**
 * @file The series of a study, with what became of each, and the results that were sent.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import { useSpeech } from "../language/language-context";
import type { ImageStack } from "../viewer/image-reference";

export interface SeriesListProps {
  readonly detail: StudyDetail;
  readonly stacks: readonly ImageStack[];
  /** Index of the series shown. */
  readonly shown: number;
  readonly onShow: (index: number) => void;
}

export function SeriesList({ detail, stacks, shown, onShow }: SeriesListProps) {
  const { say } = useSpeech();
  return (
    <nav className="series-panel" aria-label={say("study.series")}>
      <h2>{say("study.series")}</h2>
      {detail.series.length === 0 && <p className="hint">{say("study.noSeries")}</p>}
      <ul>
        {detail.series.map((series, index) => {
          const findings = detail.findings.filter(({ series_uid }) => series_uid === series.series_uid).length;
          const failed = series.instances.filter(({ failure }) => failure !== null).length;
          return (
            <li key={series.series_uid}>
              <button
                type="button"
                className="series-button"
                aria-current={index === shown}
                onClick={() => onShow(index)}
              >
                <span className="series-name">
                  <b>{series.modality ?? "?"}</b>{" "}
                  {series.description ?? say("study.seriesNumber", { number: series.series_number ?? index + 1 })}
                </span>
                <span className="secondary">
                  {say("study.images", { count: stacks[index].length })}
                  {failed > 0 && ` · ${say("study.failedImages", { count: failed })}`}
                  {series.body_part && ` · ${series.body_part}`}
                </span>
                <span className="series-state">
                  <span className={`state ${series.state}`}>{say(`state.${series.state}`)}</span>
                  {findings > 0 && <span className="secondary">{`${say("findings.title")} ${findings}`}</span>}
                </span>
                {series.reason_shown !== null && (
                  <span className={`reason ${series.state}`}>{series.reason_shown}</span>
                )}
                {series.model_version !== null && <span className="model secondary">{series.model_version}</span>}
              </button>
            </li>
          );
        })}
      </ul>
      {detail.deliveries.length > 0 && <Deliveries deliveries={detail.deliveries} />}
    </nav>
  );
}

function Deliveries({ deliveries }: Pick<StudyDetail, "deliveries">) {
  const { say } = useSpeech();
  return (
    <section className="deliveries">
      <h2>{say("study.deliveries")}</h2>
      <ul>
        {deliveries.map(({ id, kind, destination, state, attempts, reason_shown: reason }) => (
          <li key={id}>
            <span>
              <b>{kind.toUpperCase()}</b> → {destination}
            </span>
            <span className={`delivery ${state}`}>
              {say(`delivery.${state}`)}
              {state !== "sent" && attempts > 1 && ` · ${say("study.attempts", { count: attempts })}`}
            </span>
            {reason !== null && <span className="reason">{reason}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
