/**
 * @file A study: series, image, findings.
 */
import type { Session } from "@fovea/core/contract/session";
import type { StudyDetail, StudySummary } from "@fovea/core/contract/study";
import { type ReactNode, useEffect, useState } from "react";
import type { Client } from "../api/client";
import { reasonOf } from "../api/request-error";
import type { ReviewDesk } from "../findings/review-desk";
import { personName, studyDate } from "../language/clinical-text";
import { useSpeech } from "../language/language-context";
import { ImageSource } from "../viewer/image-source";
import { BackLink } from "./back-link";
import { PageFrame } from "./page-frame";
import { ReadingRoom } from "./reading-room";
import { useStudy } from "./use-study";

export interface StudyPageProps {
  readonly client: Client;
  readonly desk: ReviewDesk;
  readonly session: Session;
  readonly studyUid: string;
  readonly onSignOut?: () => void;
  readonly notice: ReactNode;
}

export function StudyPage({ client, desk, session, studyUid, onSignOut, notice }: StudyPageProps) {
  const { say } = useSpeech();
  const { answer: detail, error, askNow } = useStudy(desk, studyUid);
  const source = useImageSource(client);
  return (
    <PageFrame
      session={session}
      onSignOut={onSignOut}
      notice={notice}
      heading={<Heading study={detail?.study} />}
      footing={error !== undefined && detail ? say("worklist.stale", { reason: reasonOf(error, say) }) : undefined}
    >
      {detail && source ? (
        <ReadingRoom desk={desk} source={source} detail={detail} mayReview={session.may_review} />
      ) : (
        <main className="study-wait">
          {error === undefined ? (
            <p className="empty">{say("app.loading")}</p>
          ) : (
            <div className="empty" role="alert">
              <p>{reasonOf(error, say)}</p>
              <button type="button" onClick={askNow}>
                {say("app.retry")}
              </button>
            </div>
          )}
        </main>
      )}
    </PageFrame>
  );
}

/** One for the life of the screen: it takes the frames out of the cache when the reader leaves. */
function useImageSource(client: Client): ImageSource | undefined {
  const [source, setSource] = useState<ImageSource>();
  useEffect(() => {
    const made = new ImageSource(client);
    setSource(made);
    return () => made.dispose();
  }, [client]);
  return source;
}

function Heading({ study }: { readonly study: StudySummary | undefined }) {
  const { say, language } = useSpeech();
  return (
    <>
      <BackLink />
      {study && (
        <div className="patient">
          <b>{study.patient_name === null ? say("worklist.withheld") : personName(study.patient_name, language)}</b>
          {[study.patient_id, dateOf(study), study.modalities.join(" "), study.description]
            .filter((part) => part !== null && part !== "")
            .map((part) => (
              <span key={part}>{part}</span>
            ))}
        </div>
      )}
    </>
  );
}

function dateOf({ study_date }: StudyDetail["study"]): string | null {
  return study_date === null ? null : studyDate(study_date);
}
