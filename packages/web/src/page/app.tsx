/**
 * @file The page: who reads, and which screen.
 */
import type { Session } from "@fovea/core/contract/session";
import type { ModelRecord } from "@fovea/core/contract/study";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Client, createClient } from "../api/client";
import { RequestError, reasonOf } from "../api/request-error";
import { forgetKey, storedKey, storeKey } from "../api/session-key";
import { ReviewDesk } from "../findings/review-desk";
import type { MessageKey } from "../language/language";
import { useSpeech } from "../language/language-context";
import { Transfers } from "../transfers/transfers";
import { ALL_STUDIES } from "../worklist/study-filter";
import { Worklist } from "../worklist/worklist";
import { BackLink } from "./back-link";
import { ErrorBoundary } from "./error-boundary";
import { FailedDecisions } from "./failed-decisions";
import { PageFrame } from "./page-frame";
import { useRoute } from "./route";
import { SignIn } from "./sign-in";

/** The viewer is nine tenths of the page's code: fetched when the first study is opened. */
const StudyPage = lazy(async () => ({ default: (await import("./study-page")).StudyPage }));

/** `checking`: whether a key is good, typed just now or kept from before. `asked`: one is wanted, and why the last was none. */
type Access =
  | { readonly kind: "checking"; readonly typed: boolean }
  | { readonly kind: "asked"; readonly message?: MessageKey; readonly error?: unknown }
  | { readonly kind: "granted"; readonly session: Session };

export function App() {
  const { say, language } = useSpeech();
  const spoken = useRef(language);
  spoken.current = language;
  const [access, setAccess] = useState<Access>({ kind: "checking", typed: false });
  const client = useMemo(
    () =>
      createClient({
        key: storedKey,
        language: () => spoken.current,
        onUnauthorised: (key) => {
          // Of a request that was sent before another key was typed.
          if (key !== storedKey()) return;
          const known = key !== undefined;
          forgetKey();
          setAccess((before) => {
            const message = before.kind === "granted" ? "login.again" : known ? "login.refused" : undefined;
            return before.kind === "asked" ? before : { kind: "asked", message };
          });
        },
      }),
    [],
  );
  const desk = useMemo(() => new ReviewDesk(client), [client]);
  useEffect(() => {
    if (access.kind === "asked") desk.leave();
  }, [access.kind, desk]);
  useUnsavedGuard(desk);
  const enter = useCallback(async () => {
    try {
      setAccess({ kind: "granted", session: await client.session() });
    } catch (error) {
      if (error instanceof RequestError && error.fault === "unauthorised") return;
      setAccess({ kind: "asked", error });
    }
  }, [client]);
  useEffect(() => {
    enter();
  }, [enter]);

  if (access.kind === "granted") {
    const signOut = () => {
      forgetKey();
      setAccess({ kind: "asked" });
    };
    const signedIn = access.session.name !== null;
    return <Screens client={client} desk={desk} session={access.session} {...(signedIn && { onSignOut: signOut })} />;
  }
  const message = access.kind === "asked" ? messageOf(access, say) : undefined;
  return (
    <PageFrame notice={<FailedDecisions desk={desk} />}>
      {access.kind === "checking" && !access.typed ? (
        <main className="sign-in" aria-busy="true" />
      ) : (
        <SignIn
          message={message}
          checking={access.kind === "checking"}
          onKey={(key) => {
            // What no header can hold is no key.
            if (!/^[\x21-\x7e]+$/.test(key)) {
              setAccess({ kind: "asked", message: "login.refused" });
              return;
            }
            storeKey(key);
            setAccess({ kind: "checking", typed: true });
            enter();
          }}
        />
      )}
    </PageFrame>
  );
}

function messageOf({ message, error }: Access & { kind: "asked" }, say: ReturnType<typeof useSpeech>["say"]) {
  if (message) return say(message);
  return error === undefined ? undefined : reasonOf(error, say);
}

/** The browser asks before it closes the page over a decision that is being saved. */
function useUnsavedGuard(desk: ReviewDesk): void {
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      if (desk.reviews().pending.size > 0) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => window.removeEventListener("beforeunload", leaving);
  }, [desk]);
}

interface ScreensProps {
  readonly client: Client;
  readonly desk: ReviewDesk;
  readonly session: Session;
  /** Absent where nobody had to sign in. */
  readonly onSignOut?: () => void;
}

function leave(): void {
  location.hash = "#/";
}

function Screens({ client, desk, session, onSignOut }: ScreensProps) {
  const { say } = useSpeech();
  const route = useRoute();
  const [filter, setFilter] = useState(ALL_STUDIES);
  const models = useModels(client);
  const lastOpened = useRef<string>(undefined);
  if (route.screen === "study") {
    lastOpened.current = route.studyUid;
    const { studyUid } = route;
    const frame = { session, onSignOut, notice: <FailedDecisions desk={desk} studyUid={studyUid} /> };
    return (
      <ErrorBoundary
        key={studyUid}
        frame={(reason) => (
          <PageFrame {...frame} heading={<BackLink />}>
            {reason}
          </PageFrame>
        )}
      >
        <Suspense fallback={<PageFrame {...frame}>{null}</PageFrame>}>
          <StudyPage {...frame} client={client} desk={desk} studyUid={studyUid} />
        </Suspense>
      </ErrorBoundary>
    );
  }
  if (route.screen === "transfers" && session.may_transfer) {
    return (
      <PageFrame
        session={session}
        onSignOut={onSignOut}
        notice={<FailedDecisions desk={desk} />}
        heading={<BackLink />}
      >
        <Transfers client={client} maySettleHeld={session.may_settle_held} onLeave={leave} />
      </PageFrame>
    );
  }
  return (
    <PageFrame
      session={session}
      onSignOut={onSignOut}
      notice={<FailedDecisions desk={desk} />}
      footing={models && modelsText(models, say)}
    >
      <Worklist client={client} filter={filter} onFilter={setFilter} lastOpened={lastOpened.current} />
    </PageFrame>
  );
}

function modelsText(models: readonly ModelRecord[], say: ReturnType<typeof useSpeech>["say"]): string {
  const loaded = models.filter(({ state }) => state === "ready");
  if (loaded.length === 0) return say("app.noModel");
  const named = loaded.map(({ version, default_for }) =>
    default_for.length === 0 ? version : `${version} (${default_for.join(", ")})`,
  );
  return `${say("app.models")}: ${named.join(" · ")}`;
}

/** Undefined until they are known; the list of studies does without them. */
function useModels(client: Client): readonly ModelRecord[] | undefined {
  const [models, setModels] = useState<readonly ModelRecord[]>();
  useEffect(() => {
    const leaving = new AbortController();
    client.models(leaving.signal).then(setModels, () => undefined);
    return () => leaving.abort();
  }, [client]);
  return models;
}
