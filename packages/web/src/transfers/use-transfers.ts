/**
 * @file What goes to other systems, comes from the PACS and could not be filed: asked for again and again while the screen is seen.
 */
import type { DeliveryList } from "@fovea/core/contract/delivery";
import type { HeldList } from "@fovea/core/contract/held";
import type { ListedRetrieval } from "@fovea/core/contract/pacs";
import { useCallback } from "react";
import type { Client, DeliveryQuery } from "../api/client";
import { type RepeatedAnswer, useRepeatedQuestion } from "../api/use-repeated-question";
import { useSpeech } from "../language/language-context";

const WHILE_IT_WORKS_MS = 10_000;
/** Each question is written into the audit log. */
const AT_REST_MS = 30_000;

/** Rows of each list. */
export interface TransferLimits {
  readonly deliveries: number;
  readonly retrievals: number;
  readonly held: number;
}

/** More than the service gives at a time. */
export const MOST_ROWS = 500;
export const FIRST_ROWS: TransferLimits = { deliveries: 50, retrievals: 50, held: 50 };

export interface TransferLists {
  readonly deliveries: DeliveryList;
  readonly retrievals: readonly ListedRetrieval[];
  readonly held: HeldList;
}

/** Soon again while something is on its way at this moment. */
export function pauseAfter(lists: TransferLists | undefined): number {
  const works =
    lists?.deliveries.deliveries.some(({ state }) => state === "sending") ||
    lists?.retrievals.some(({ state }) => state === "running");
  return works ? WHILE_IT_WORKS_MS : AT_REST_MS;
}

/** @param state of deliveries; undefined: all */
export function useTransfers(
  client: Client,
  state: DeliveryQuery["state"],
  limits: TransferLimits,
): RepeatedAnswer<TransferLists> {
  const { language } = useSpeech();
  // biome-ignore lint/correctness/useExhaustiveDependencies: in another language the service answers otherwise
  const ask = useCallback(
    async (signal: AbortSignal): Promise<TransferLists> => {
      const [deliveries, retrievals, held] = await Promise.all([
        client.deliveries({ state, limit: limits.deliveries }, signal),
        client.retrievals(limits.retrievals, signal),
        client.held(limits.held, signal),
      ]);
      return { deliveries, retrievals, held };
    },
    [client, state, limits, language],
  );
  return useRepeatedQuestion({ ask, pauseMs: pauseAfter });
}
