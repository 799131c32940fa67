/**
 * @file Results on their way to other systems: how far each is, why it is not there, and sending it again.
 */
import type { ListedDelivery } from "@fovea/core/contract/delivery";
import type { Client } from "../api/client";
import { localTime } from "../language/clinical-text";
import { useSpeech } from "../language/language-context";
import { RowActions, type RowActionsProps } from "./row-actions";
import { StudyLink } from "./study-link";
import { ACTIONS, type Column, TableHead } from "./table-head";

/** Which mark of the page a state has. */
const MARKS: Readonly<Record<ListedDelivery["state"], string>> = {
  pending: "queued",
  sending: "queued",
  sent: "analysed",
  failed: "failed",
};

const COLUMNS: readonly Column[] = [
  { title: "transfers.state" },
  { title: "transfers.destination" },
  { title: "transfers.kind" },
  { title: "transfers.study" },
  { title: "transfers.attempts", isNumber: true },
  { title: "transfers.reason" },
  { title: "transfers.planned" },
  { title: "transfers.next" },
  ACTIONS,
];

export interface DeliveryTableProps extends Pick<RowActionsProps, "onDone"> {
  readonly client: Client;
  readonly deliveries: readonly ListedDelivery[];
  readonly now: Date;
}

export function DeliveryTable({ client, deliveries, now, onDone }: DeliveryTableProps) {
  const { say } = useSpeech();
  return (
    <table className="transfer-table">
      <TableHead columns={COLUMNS} />
      <tbody>
        {deliveries.map((one) => (
          <tr key={one.id} data-delivery={one.id}>
            <td>
              <span className={`state ${MARKS[one.state]}`}>{say(`delivery.${one.state}`)}</span>
            </td>
            <td>{one.destination}</td>
            <td>{one.kind.toUpperCase()}</td>
            <td>
              <StudyLink uid={one.study_uid} />
            </td>
            <td className="number">{one.attempts}</td>
            <td className="why">
              {one.reason_shown === null ? "—" : <span className={reasonClass(one.state)}>{one.reason_shown}</span>}
            </td>
            <td className="date">{localTime(one.planned_at)}</td>
            <td className="date">{nextOf(one, now) ?? say("transfers.due")}</td>
            <td>
              {one.state === "failed" && (
                <RowActions
                  actions={[
                    {
                      label: "transfers.sendAgain",
                      act: () => client.sendAgain(one.id),
                      done: "transfers.sentAgain",
                    },
                  ]}
                  onDone={onDone}
                />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A warning of what was sent is no failure. */
function reasonClass(state: ListedDelivery["state"]): string {
  return state === "sent" ? "secondary" : "reason";
}

/** Undefined where it is due. */
function nextOf({ next_at }: ListedDelivery, now: Date): string | undefined {
  if (next_at === null) return "—";
  return new Date(next_at) <= now ? undefined : localTime(next_at);
}
