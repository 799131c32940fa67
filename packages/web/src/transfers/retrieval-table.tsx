/**
 * @file Studies that are fetched from a PACS, or were: how far each is, how it ended, and asking for it again.
 */
import type { ListedRetrieval } from "@fovea/core/contract/pacs";
import type { Client } from "../api/client";
import { localTime } from "../language/clinical-text";
import type { Say } from "../language/language";
import { useSpeech } from "../language/language-context";
import { type RowAction, RowActions, type RowActionsProps } from "./row-actions";
import { StudyLink } from "./study-link";
import { ACTIONS, type Column, TableHead } from "./table-head";

/** Which mark of the page a state has. */
const MARKS: Readonly<Record<ListedRetrieval["state"], string>> = {
  waiting: "queued",
  running: "queued",
  complete: "analysed",
  partial: "not_attempted",
  failed: "failed",
};

const COLUMNS: readonly Column[] = [
  { title: "transfers.state" },
  { title: "transfers.pacs" },
  { title: "transfers.study" },
  { title: "transfers.attempts", isNumber: true },
  { title: "transfers.images", isNumber: true },
  { title: "transfers.reason" },
  { title: "transfers.asked" },
  { title: "transfers.ended" },
  ACTIONS,
];

export interface RetrievalTableProps extends Pick<RowActionsProps, "onDone"> {
  readonly client: Client;
  readonly retrievals: readonly ListedRetrieval[];
}

export function RetrievalTable({ client, retrievals, onDone }: RetrievalTableProps) {
  const { say } = useSpeech();
  return (
    <table className="transfer-table">
      <TableHead columns={COLUMNS} />
      <tbody>
        {retrievals.map((one) => (
          <tr key={one.id} data-retrieval={one.id}>
            <td>
              <span className={`state ${MARKS[one.state]}`}>{say(`retrieval.${one.state}`)}</span>
            </td>
            <td>{one.pacs}</td>
            <td>
              <StudyLink uid={one.study_uid} note={one.series_uid === null ? undefined : say("transfers.oneSeries")} />
            </td>
            <td className="number">{one.attempts}</td>
            <td className="number">{imagesOf(one, say)}</td>
            <td className="why">
              {one.reason_shown === null ? "—" : <span className="reason">{one.reason_shown}</span>}
            </td>
            <td className="date">{localTime(one.asked_at)}</td>
            <td className="date">{one.ended_at === null ? "—" : localTime(one.ended_at)}</td>
            <td>{one.state !== "running" && <RowActions actions={[againOf(client, one)]} onDone={onDone} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How many came is known at the end, and only where it came to one. */
function imagesOf({ state, stored, refused }: ListedRetrieval, say: Say): string | number {
  if (state === "complete") return stored;
  return state === "partial" ? say("transfers.refused", { stored, refused }) : "—";
}

/** One that waits has its next attempt now; one that ended begins anew. */
function againOf(client: Client, { state, pacs, study_uid, series_uid }: ListedRetrieval): RowAction {
  return {
    label: state === "waiting" ? "transfers.retrieveNow" : "transfers.retrieveAgain",
    act: () => client.retrieve(pacs, { study_uid, ...(series_uid !== null && { series_uid }) }),
    done: "transfers.retrievedAgain",
  };
}
