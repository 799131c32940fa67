/**
 * @file Images that were acknowledged and could not be filed: why, whether that still holds, and the ways to be done with one.
 */
import type { HeldInstance } from "@fovea/core/contract/held";
import type { Client } from "../api/client";
import { fileSize, localTime } from "../language/clinical-text";
import { useSpeech } from "../language/language-context";
import { type RowAction, RowActions, type RowActionsProps } from "./row-actions";
import { StudyLink } from "./study-link";
import { ACTIONS, type Column, TableHead } from "./table-head";

const COLUMNS: readonly Column[] = [
  { title: "transfers.why" },
  { title: "transfers.study" },
  { title: "transfers.size", isNumber: true },
  { title: "transfers.from" },
  { title: "transfers.since" },
];

export interface HeldTableProps extends Pick<RowActionsProps, "onDone"> {
  readonly client: Client;
  readonly held: readonly HeldInstance[];
  readonly maySettle: boolean;
}

export function HeldTable({ client, held, maySettle, onDone }: HeldTableProps) {
  const { say } = useSpeech();
  return (
    <table className="transfer-table">
      <TableHead columns={maySettle ? [...COLUMNS, ACTIONS] : COLUMNS} />
      <tbody>
        {held.map((one) => (
          <tr key={one.id} data-held={one.id}>
            <td className="why">
              {say(`transfers.${one.reason}`)}
              {one.in_the_way === null ? (
                <span className="secondary">{say("transfers.free")}</span>
              ) : (
                <span className="secondary">
                  {say("transfers.inTheWay")}{" "}
                  <a className="other-study" href={`#/studies/${encodeURIComponent(one.in_the_way)}`}>
                    {one.in_the_way}
                  </a>
                </span>
              )}
            </td>
            <td>
              <StudyLink uid={one.study_uid} note={one.sop_uid} />
            </td>
            <td className="number">
              {fileSize(one.bytes)}
              {Boolean(one.rows) && <span className="secondary">{`${one.columns} × ${one.rows}`}</span>}
            </td>
            <td>
              {one.sent_by ?? <span className="reason">{say("transfers.unreadable")}</span>}
              {one.origin !== null && <span className="secondary">{one.origin}</span>}
            </td>
            <td className="date">{localTime(one.held_at)}</td>
            {maySettle && (
              <td>
                <RowActions actions={actionsOf(client, one)} onDone={onDone} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function actionsOf(client: Client, { id, in_the_way }: HeldInstance): readonly RowAction[] {
  const file: RowAction = { label: "transfers.file", act: () => client.fileHeld(id), done: "transfers.filed" };
  return [
    ...(in_the_way === null ? [file] : []),
    { label: "transfers.download", act: () => download(client, id), done: "transfers.downloaded" },
    {
      label: "transfers.discard",
      sure: "transfers.discardSure",
      act: () => client.discardHeld(id),
      done: "transfers.discarded",
    },
  ];
}

async function download(client: Client, id: string): Promise<void> {
  const address = URL.createObjectURL(await client.heldFile(id));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${id}.dcm`;
  link.click();
  URL.revokeObjectURL(address);
}
