/**
 * @file The screen of whoever looks after the service: what goes out, what is fetched, and what could not be filed.
 */
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { Client, DeliveryQuery } from "../api/client";
import { reasonOf } from "../api/request-error";
import type { RepeatedAnswer } from "../api/use-repeated-question";
import type { MessageKey } from "../language/language";
import { useSpeech } from "../language/language-context";
import { Freshness } from "../worklist/freshness";
import { moveThroughRows } from "../worklist/row-keys";
import { DeliveryTable } from "./delivery-table";
import { HeldTable } from "./held-table";
import { RetrievalTable } from "./retrieval-table";
import { FIRST_ROWS, MOST_ROWS, type TransferLimits, type TransferLists, useTransfers } from "./use-transfers";

export interface TransfersProps {
  readonly client: Client;
  readonly maySettleHeld: boolean;
  readonly onLeave: () => void;
}

const STATES = ["failed", "pending", "sending", "sent"] as const;

export function Transfers({ client, maySettleHeld, onLeave }: TransfersProps) {
  const { say } = useSpeech();
  const [state, setState] = useState<DeliveryQuery["state"] | "">("not_sent");
  const [limits, setLimits] = useState(FIRST_ROWS);
  const [said, setSaid] = useState<MessageKey>();
  const listing = useTransfers(client, state === "" ? undefined : state, limits);
  const body = useRef<HTMLDivElement>(null);
  const { answer: lists, updatedAt, error, askNow } = listing;
  useEscape(onLeave);
  useFocusOnRows(body, lists);
  const onDone = (done: MessageKey) => {
    setSaid(done);
    askNow();
  };
  const more = (list: keyof TransferLimits) => () =>
    setLimits((before) => ({ ...before, [list]: Math.min(MOST_ROWS, before[list] * 2) }));
  return (
    <main className="transfers">
      <h1>{say("transfers.title")}</h1>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys that move the focus between the links inside */}
      <div className="transfers-body" ref={body} aria-busy={lists === undefined} onKeyDown={move}>
        {lists === undefined || updatedAt === undefined ? (
          <p className="empty">{error === undefined ? say("app.loading") : reasonOf(error, say)}</p>
        ) : (
          <>
            <Section
              title="transfers.deliveries"
              tools={<StateFilter state={state} onState={setState} />}
              rows={lists.deliveries.deliveries.length}
              none="transfers.noDeliveries"
              isCut={lists.deliveries.next !== null}
              onMore={more("deliveries")}
            >
              <DeliveryTable client={client} deliveries={lists.deliveries.deliveries} now={updatedAt} onDone={onDone} />
            </Section>
            <Section
              title="transfers.retrievals"
              rows={lists.retrievals.length}
              none="transfers.noRetrievals"
              isCut={lists.retrievals.length >= limits.retrievals}
              onMore={more("retrievals")}
            >
              <RetrievalTable client={client} retrievals={lists.retrievals} onDone={onDone} />
            </Section>
            <Section
              title="transfers.held"
              hint="transfers.heldHint"
              rows={lists.held.held.length}
              none="transfers.noHeld"
              isCut={lists.held.next !== null}
              onMore={more("held")}
            >
              <HeldTable client={client} held={lists.held.held} maySettle={maySettleHeld} onDone={onDone} />
            </Section>
          </>
        )}
      </div>
      <Foot listing={listing} said={said} />
    </main>
  );
}

function move(event: KeyboardEvent<HTMLDivElement>): void {
  if (event.target instanceof HTMLSelectElement) return;
  moveThroughRows(event, [...event.currentTarget.querySelectorAll<HTMLElement>("a.uid")]);
}

/** As on the other screens, once nothing that is open over this one has taken the key. */
function useEscape(onLeave: () => void): void {
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      if (event.key === "Escape" && !(event.target instanceof HTMLSelectElement)) onLeave();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [onLeave]);
}

/** At first, and when the row that had it is gone, the focus is on the row that is next in its place. */
function useFocusOnRows(body: { readonly current: HTMLDivElement | null }, lists: TransferLists | undefined): void {
  const place = useRef(0);
  useEffect(() => {
    if (lists === undefined) return;
    const links = [...(body.current?.querySelectorAll<HTMLElement>("a.uid") ?? [])];
    if (document.activeElement === document.body) {
      links[Math.min(place.current, links.length - 1)]?.focus({ preventScroll: place.current === 0 });
    }
    const remember = () => {
      const row = document.activeElement?.closest("tr");
      const index = links.findIndex((link) => link.closest("tr") === row);
      if (index >= 0) place.current = index;
    };
    remember();
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, [body, lists]);
}

interface SectionProps {
  readonly title: MessageKey;
  readonly hint?: MessageKey;
  readonly tools?: ReactNode;
  readonly rows: number;
  /** Said where there is no row. */
  readonly none: MessageKey;
  /** Whether there are more rows than are shown. */
  readonly isCut: boolean;
  readonly onMore: () => void;
  readonly children: ReactNode;
}

function Section({ title, hint, tools, rows, none, isCut, onMore, children }: SectionProps) {
  const { say } = useSpeech();
  return (
    <section aria-label={say(title)}>
      <header>
        <h2>{say(title)}</h2>
        {tools}
      </header>
      {rows === 0 ? (
        <p className="none">{say(none)}</p>
      ) : (
        <>
          {hint !== undefined && <p className="hint">{say(hint)}</p>}
          {children}
        </>
      )}
      {isCut && (
        <p className="hint cut">
          {say("transfers.cut", { count: rows })}{" "}
          {rows < MOST_ROWS && (
            <button type="button" onClick={onMore}>
              {say("transfers.more")}
            </button>
          )}
        </p>
      )}
    </section>
  );
}

interface StateFilterProps {
  readonly state: DeliveryQuery["state"] | "";
  readonly onState: (state: DeliveryQuery["state"] | "") => void;
}

function StateFilter({ state, onState }: StateFilterProps) {
  const { say } = useSpeech();
  return (
    <label className="state-filter">
      <span>{say("transfers.state")}</span>
      <select value={state} onChange={(event) => onState(event.target.value as StateFilterProps["state"])}>
        <option value="not_sent">{say("transfers.notSent")}</option>
        {STATES.map((one) => (
          <option key={one} value={one}>
            {say(`delivery.${one}`)}
          </option>
        ))}
        <option value="">{say("worklist.all")}</option>
      </select>
    </label>
  );
}

interface FootProps {
  readonly listing: RepeatedAnswer<TransferLists>;
  readonly said: MessageKey | undefined;
}

function Foot({ listing, said }: FootProps) {
  const { say } = useSpeech();
  return (
    <div className="pages">
      <span className="pages-count" role="status">
        {said && say(said)}
      </span>
      <Freshness listing={listing} />
    </div>
  );
}
