/**
 * @file What goes out, was fetched and could not be filed, in each of its states: none of it ever was.
 */
import type { ListedDelivery } from "@fovea/core/contract/delivery";
import type { HeldInstance } from "@fovea/core/contract/held";
import type { ListedRetrieval } from "@fovea/core/contract/pacs";

export interface MadeTransfers {
  deliveries: ListedDelivery[];
  retrievals: ListedRetrieval[];
  held: HeldInstance[];
}

const HOUR_MS = 3_600_000;
const at = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();

/** @param state tells how it goes on from there */
function delivery(id: string, state: ListedDelivery["state"], more: Partial<ListedDelivery> = {}): ListedDelivery {
  return {
    ...{ id, study_uid: "1.2.3.1", kind: "sr", destination: "archive", state, attempts: 1 },
    ...{
      reason: null,
      reason_shown: null,
      planned_at: at(-3),
      sent_at: state === "sent" ? at(-2.9) : null,
      next_at: null,
    },
    ...more,
  };
}

function retrieval(id: string, state: ListedRetrieval["state"], more: Partial<ListedRetrieval> = {}): ListedRetrieval {
  const ended = state !== "waiting" && state !== "running";
  return {
    ...{ id, pacs: "archive", study_uid: "1.2.3.2", series_uid: null, state, attempts: 1, stored: 0, refused: 0 },
    ...{ reason: null, reason_shown: null, asked_at: at(-2), ended_at: ended ? at(-1) : null },
    ...more,
  };
}

function held(id: string, reason: HeldInstance["reason"], more: Partial<HeldInstance> = {}): HeldInstance {
  return {
    ...{ id: id.repeat(32), study_uid: "1.2.3.2", series_uid: "1.2.3.2.1", sop_uid: "1.2.3.2.1.5", reason },
    ...{ in_the_way: "1.2.3.2", bytes: 525_612, sha256: id.repeat(64), held_at: at(-5) },
    ...{ origin: "dimse", sent_by: "ae:CT1", rows: 512, columns: 512, frames: 1 },
    ...more,
  };
}

export function madeTransfers(): MadeTransfers {
  return {
    deliveries: [
      delivery("d-waits", "pending", { attempts: 4, reason: "the PACS does not answer", next_at: at(0.1) }),
      delivery("d-due", "pending", { kind: "sc", attempts: 0, next_at: at(-0.01) }),
      delivery("d-sending", "sending", { kind: "gsps" }),
      delivery("d-failed", "failed", {
        destination: "ward",
        reason: "status 0xA900: data set does not match SOP class",
      }),
      delivery("d-sent", "sent", { kind: "seg" }),
    ],
    retrievals: [
      retrieval("r-running", "running"),
      retrieval("r-waiting", "waiting", { attempts: 7, reason: "no room for retrieved images" }),
      retrieval("r-complete", "complete", { series_uid: "1.2.3.2.1", stored: 12 }),
      retrieval("r-partial", "partial", {
        stored: 11,
        refused: 1,
        reason: "1 of 12 objects were refused here: they are damaged, or others are here under their UIDs",
      }),
      retrieval("r-failed", "failed", { attempts: 151, reason: "tried 151 times, and not everything came" }),
    ],
    held: [
      held("a", "conflict"),
      held("b", "astray", { in_the_way: null, study_uid: "1.2.3.9", bytes: 8_400_000 }),
      held("c", "conflict", { origin: null, sent_by: null, rows: null, columns: null, frames: null, bytes: 999 }),
    ],
  };
}
