/**
 * @file The studies as a table. Each row is a link; arrow keys go from one to the next.
 */
import type { StudySummary } from "@fovea/core/contract/study";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { localTime, personName, studyDate } from "../language/clinical-text";
import { useSpeech } from "../language/language-context";
import { moveThroughRows } from "./row-keys";

export interface StudyTableProps {
  readonly studies: readonly StudySummary[];
  /** The study the reader comes from: its row has the focus. */
  readonly lastOpened: string | undefined;
}

export function StudyTable({ studies, lastOpened }: StudyTableProps) {
  const { say } = useSpeech();
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    // Whoever types a search keeps the focus.
    if (document.activeElement !== document.body) return;
    const links = [...(body.current?.querySelectorAll<HTMLElement>("a") ?? [])];
    const row = links.find((link) => link.dataset.study === lastOpened) ?? links[0];
    row?.focus({ preventScroll: row === links[0] });
  }, [lastOpened]);

  const move = (event: KeyboardEvent) =>
    moveThroughRows(event, [...(body.current?.querySelectorAll<HTMLElement>("a") ?? [])]);

  return (
    <table className="studies">
      <thead>
        <tr>
          <th scope="col">{say("worklist.patient")}</th>
          <th scope="col">{say("worklist.date")}</th>
          <th scope="col">{say("worklist.modality")}</th>
          <th scope="col">{say("worklist.description")}</th>
          <th scope="col" className="number">
            {say("worklist.images")}
          </th>
          <th scope="col" className="number">
            {say("worklist.findings")}
          </th>
          <th scope="col" className="number">
            {say("worklist.unreviewed")}
          </th>
          <th scope="col">{say("worklist.state")}</th>
          <th scope="col">{say("worklist.arrival")}</th>
        </tr>
      </thead>
      <tbody ref={body} onKeyDown={move}>
        {studies.map((study) => (
          <StudyRow key={study.study_uid} study={study} />
        ))}
      </tbody>
    </table>
  );
}

function StudyRow({ study }: { readonly study: StudySummary }) {
  const { say, language } = useSpeech();
  const analysed = study.state === "analysed" || study.findings > 0;
  const name = study.patient_name === null ? say("worklist.withheld") : personName(study.patient_name, language);
  return (
    <tr>
      <th scope="row">
        <a href={`#/studies/${encodeURIComponent(study.study_uid)}`} data-study={study.study_uid}>
          <span className={study.patient_name === null ? "withheld" : "name"}>{name}</span>
          {study.patient_id !== null && <span className="secondary">{study.patient_id}</span>}
        </a>
      </th>
      <td className="date">{study.study_date === null ? "—" : studyDate(study.study_date)}</td>
      <td>{study.modalities.join(" ")}</td>
      <td className="description">{study.description ?? "—"}</td>
      <td className="number">{study.instances}</td>
      <td className="number">{analysed ? study.findings : say("worklist.noFindingsYet")}</td>
      <td className="number">
        {study.unreviewed > 0 ? <span className="open-count">{study.unreviewed}</span> : analysed ? 0 : "—"}
      </td>
      <td className="state-cell">
        <span className={`state ${study.state}`}>{say(`state.${study.state}`)}</span>
        {study.reason_shown && <span className={`reason ${study.state}`}>{study.reason_shown}</span>}
      </td>
      <td className="date">{localTime(study.received_at)}</td>
    </tr>
  );
}
