/**
 * @file The three columns of a study, and the keys that work them.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Client } from "../api/client";
import { BoxOverlay } from "../findings/box-overlay";
import { aboveThreshold, placedFindings } from "../findings/finding-order";
import { useReviews } from "../findings/use-reviews";
import { useSpeech } from "../language/language-context";
import { type ImageReference, imagesOf, sameImage } from "../viewer/image-reference";
import type { ImageSource } from "../viewer/image-source";
import { ImageViewer, useSnapshot } from "../viewer/image-viewer";
import type { StackViewer } from "../viewer/stack-viewer";
import { FindingsPanel } from "./findings-panel";
import {
  atFinding,
  atImage,
  atNeighbour,
  atSeries,
  firstPlace,
  type Reading,
  START,
  withThreshold,
} from "./reading-state";
import { SeriesList } from "./series-list";
import { useRevealing } from "./use-revealing";
import { useReviewCommands } from "./use-review-commands";
import { useStudyKeys } from "./use-study-keys";
import { ViewerToolbar } from "./viewer-toolbar";

export interface ReadingRoomProps {
  readonly client: Client;
  readonly source: ImageSource;
  readonly detail: StudyDetail;
  readonly mayReview: boolean;
}

export function ReadingRoom({ client, source, detail, mayReview }: ReadingRoomProps) {
  const { say } = useSpeech();
  const all = useMemo(() => placedFindings(detail.series, detail.findings), [detail]);
  const [reading, setReading] = useState<Reading>(() => ({ ...START, place: firstPlace(detail, all) }));
  const [viewer, setViewer] = useState<StackViewer>();
  const [message, announce] = useState("");
  const desk = useReviews(client, detail.findings);
  const shown = useMemo(() => aboveThreshold(all, reading.threshold), [all, reading.threshold]);
  const series = detail.series.at(reading.place.series);
  const images = useMemo(() => (series ? imagesOf(series) : []), [series]);
  const snapshot = useSnapshot(viewer);

  const wanted = images.at(reading.place.image);
  const wantedAddress = wanted && `${wanted.sopUid}:${wanted.frame}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a list of equal images that was asked for anew shows nothing new
  useEffect(() => {
    if (viewer && wantedAddress !== undefined) viewer.show(images, reading.place.image);
  }, [viewer, wantedAddress]);
  useRevealing(viewer, snapshot.shown, shown, reading.selected);

  const commands = useReviewCommands({ desk, shown, selected: reading.selected, mayReview, announce });
  const step = useCallback((by: 1 | -1) => setReading((before) => atNeighbour(before, all, by)), [all]);
  const toImage = useCallback(
    (image: number) => setReading((before) => atImage(before, image, images.length)),
    [images.length],
  );
  const toSeries = useCallback(
    (index: number) => setReading((before) => atSeries(before, detail, all, index)),
    [detail, all],
  );
  const select = useCallback((id: string) => setReading((before) => atFinding(before, all, id)), [all]);
  const setThreshold = (threshold: number) => setReading((before) => withThreshold(before, all, threshold));
  const toggleBoxes = () => setReading((before) => ({ ...before, boxesShown: !before.boxesShown }));
  const scroll = (by: number) => setReading((before) => atImage(before, before.place.image + by, images.length));
  const keys = useStudyKeys({
    viewer,
    reading,
    imageCount: images.length,
    hasFindings: shown.length > 0,
    announce,
    step,
    toImage,
    toSeries,
    setThreshold,
    toggleBoxes,
    ...commands,
  });

  const onImage = shown.filter(({ finding }) =>
    sameImage({ sopUid: finding.sop_uid, frame: finding.frame }, snapshot.shown?.reference),
  );
  // What is told is the image on the screen, which may be one behind the one asked for.
  const onScreen = images.findIndex((image) => sameImage(image, snapshot.shown?.reference));
  const index = onScreen < 0 ? reading.place.image : onScreen;
  const position = { index: index + 1, count: images.length };
  const name = series?.description ?? series?.modality ?? "";
  return (
    <main className="study">
      <SeriesList detail={detail} shown={reading.place.series} onShow={toSeries} />
      <section className="image-column">
        <ViewerToolbar
          viewer={viewer}
          boxesShown={reading.boxesShown}
          onBoxes={toggleBoxes}
          onInvert={keys.invert}
          onReset={keys.reset}
          onWindow={keys.chooseWindow}
        />
        {images.length === 0 ? (
          <p className="empty">{say("study.noImages")}</p>
        ) : (
          <ImageViewer
            source={source}
            viewer={viewer}
            onViewer={setViewer}
            label={say("viewer.image", { ...position, series: name })}
            caption={name}
            position={<Position {...position} image={images[index]} detail={detail} />}
            onScroll={images.length > 1 ? scroll : undefined}
          >
            {reading.boxesShown && snapshot.mapping && (
              <BoxOverlay
                findings={onImage}
                selected={reading.selected}
                reviews={desk.reviews}
                mapping={snapshot.mapping}
                canvas={snapshot.canvas}
                onSelect={select}
              />
            )}
          </ImageViewer>
        )}
      </section>
      <FindingsPanel
        all={all}
        shown={shown}
        reading={reading}
        desk={desk}
        mayReview={mayReview}
        studyState={detail.study.state}
        isWhole={isWhole(detail)}
        onThreshold={setThreshold}
        onSelect={select}
        onStep={step}
        onDecide={commands.decide}
        onUndo={commands.undo}
      />
      <div className="visually-hidden" role="status" aria-live="polite">
        {message}
      </div>
    </main>
  );
}

interface PositionProps {
  readonly index: number;
  readonly count: number;
  readonly image: ImageReference;
  readonly detail: StudyDetail;
}

function Position({ index, count, image, detail }: PositionProps) {
  const { say } = useSpeech();
  const instances = detail.series.flatMap((one) => one.instances);
  const frames = instances.find(({ sop_uid }) => sop_uid === image.sopUid)?.frames ?? 1;
  return (
    <>
      <div data-testid="position">{`${index} / ${count}`}</div>
      {frames > 1 && <div>{say("viewer.frame", { frame: image.frame + 1 })}</div>}
    </>
  );
}

/** Whether every series with images was analysed, and every image of it. */
function isWhole({ series }: StudyDetail): boolean {
  return series.every((one) => imagesOf(one).length === 0 || (one.state === "analysed" && one.reason === null));
}
