/**
 * @file The three columns of a study, and the keys that work them.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import { useCallback, useEffect, useMemo, useState } from "react";
import { BoxOverlay } from "../findings/box-overlay";
import { aboveThreshold } from "../findings/finding-order";
import { type ReviewDesk, useReviews } from "../findings/review-desk";
import { useSpeech } from "../language/language-context";
import { type ImageReference, ImageStack, sameImage } from "../viewer/image-reference";
import type { ImageSource } from "../viewer/image-source";
import { ImageViewer, useSnapshot } from "../viewer/image-viewer";
import type { StackViewer } from "../viewer/stack-viewer";
import { FindingsPanel, isWhole } from "./findings-panel";
import {
  atFinding,
  atImage,
  atNeighbour,
  atSeries,
  orderOf,
  placeIn,
  type Reading,
  START,
  settled,
  withThreshold,
} from "./reading-state";
import { SeriesList } from "./series-list";
import { useRevealing } from "./use-revealing";
import { useReviewCommands } from "./use-review-commands";
import { useStudyKeys } from "./use-study-keys";
import { ViewerToolbar } from "./viewer-toolbar";

const NO_IMAGES = new ImageStack([]);

export interface ReadingRoomProps {
  readonly desk: ReviewDesk;
  readonly source: ImageSource;
  readonly detail: StudyDetail;
  readonly mayReview: boolean;
}

export function ReadingRoom({ desk, source, detail, mayReview }: ReadingRoomProps) {
  const { say } = useSpeech();
  const order = useMemo(() => orderOf(detail), [detail]);
  const [held, setReading] = useState<Reading>(START);
  const reading = settled(held, order);
  if (reading !== held) setReading(reading);
  const [viewer, setViewer] = useState<StackViewer>();
  const [message, announce] = useState("");
  const reviews = useReviews(desk);
  const { findings: all } = order;
  const shown = useMemo(() => aboveThreshold(all, reading.threshold), [all, reading.threshold]);
  const place = placeIn(order, reading.place);
  const series = order.series.at(place.series);
  const images = order.stacks.at(place.series) ?? NO_IMAGES;
  const snapshot = useSnapshot(viewer);

  const wanted = reading.place?.image;
  const wantedAddress = wanted && `${wanted.sopUid}:${wanted.frame}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: images that were asked for anew, and are the same, show nothing new
  useEffect(() => {
    if (viewer && wantedAddress !== undefined) viewer.show(images, place.image);
  }, [viewer, wantedAddress]);
  useRevealing(viewer, snapshot.shown, shown, reading.selected);

  // What is told is the image on the screen, which may be another of the series than the one asked for, but is of the series.
  const onScreen = images.indexOf(snapshot.shown?.reference);
  const isCovered = snapshot.shown !== undefined && onScreen < 0;
  const isSeen = onScreen >= 0 && snapshot.error === undefined;
  const index = isSeen ? onScreen : place.image;
  const onImage = shown.filter(
    ({ finding }) => isSeen && sameImage({ sopUid: finding.sop_uid, frame: finding.frame }, snapshot.shown?.reference),
  );
  const seen = onImage.find(({ finding }) => finding.id === reading.selected)?.finding;

  const { study_uid: studyUid } = detail.study;
  const { selected } = reading;
  const commands = useReviewCommands({ desk, reviews, studyUid, shown, selected, seen, mayReview, announce });
  const step = useCallback((by: 1 | -1) => setReading((before) => atNeighbour(before, order, by)), [order]);
  const toImage = (image: number) => setReading((before) => atImage(before, order, image));
  const toSeries = (to: number) => setReading((before) => atSeries(before, order, to));
  const select = (id: string) => setReading((before) => atFinding(before, order, id));
  const setThreshold = (threshold: number) => setReading((before) => withThreshold(before, order, threshold));
  const toggleBoxes = () => setReading((before) => ({ ...before, boxesShown: !before.boxesShown }));
  const scroll = (by: number) =>
    setReading((before) => atImage(before, order, placeIn(order, before.place).image + by));
  const keys = useStudyKeys({
    viewer,
    threshold: reading.threshold,
    place,
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

  const position = { index: index + 1, count: images.length };
  const name = series?.description ?? series?.modality ?? "";
  return (
    <main className="study">
      <SeriesList detail={detail} stacks={order.stacks} shown={place.series} onShow={toSeries} />
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
            isCovered={isCovered}
            caption={name}
            position={<Position {...position} image={images.at(index)} detail={detail} />}
            onScroll={images.length > 1 ? scroll : undefined}
          >
            {reading.boxesShown && snapshot.mapping && (
              <BoxOverlay
                findings={onImage}
                selected={reading.selected}
                reviews={reviews}
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
        reviews={reviews}
        seen={seen}
        mayReview={mayReview}
        canUndo={reviews.undo.some(({ finding }) => finding.study_uid === studyUid)}
        studyState={detail.study.state}
        isWhole={isWhole(order) && all.length === detail.findings.length}
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
  readonly image: ImageReference | undefined;
  readonly detail: StudyDetail;
}

function Position({ index, count, image, detail }: PositionProps) {
  const { say } = useSpeech();
  const instances = detail.series.flatMap((one) => one.instances);
  const { frames = 1, failure_shown: failure = null } =
    instances.find(({ sop_uid }) => sop_uid === image?.sopUid) ?? {};
  return (
    <>
      <div data-testid="position">{`${index} / ${count}`}</div>
      {image && frames > 1 && <div>{say("viewer.frame", { frame: image.frame + 1 })}</div>}
      {failure !== null && (
        <div className="not-analysed" data-testid="failure">
          {say("viewer.notAnalysed", { reason: failure })}
        </div>
      )}
    </>
  );
}
