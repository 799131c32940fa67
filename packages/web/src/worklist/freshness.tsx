/**
 * @file How old a list is that renews itself, why it is not newer, and renewing it now.
 */
import { reasonOf } from "../api/request-error";
import type { RepeatedAnswer } from "../api/use-repeated-question";
import { useSpeech } from "../language/language-context";

export interface FreshnessProps {
  readonly listing: Pick<RepeatedAnswer<unknown>, "error" | "updatedAt" | "askNow">;
}

export function Freshness({ listing: { error, updatedAt, askNow } }: FreshnessProps) {
  const { say } = useSpeech();
  return (
    <>
      <span className={error === undefined ? "updated" : "updated stale"}>
        {error !== undefined
          ? say("worklist.stale", { reason: reasonOf(error, say) })
          : updatedAt && say("worklist.updated", { time: updatedAt.toTimeString().slice(0, 8) })}
      </span>
      <button type="button" onClick={askNow}>
        {say("worklist.refresh")}
      </button>
    </>
  );
}
