/**
 * @file The image with what is drawn over it, and what the corners say.
 */
import { type ReactNode, useEffect, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { reasonOf } from "../api/request-error";
import { measure } from "../language/clinical-text";
import type { MessageKey } from "../language/language";
import { useSpeech } from "../language/language-context";
import { type ImageSource, imageId } from "./image-source";
import { edgeLabels } from "./orientation";
import { usePointerDrag } from "./pointer-drag";
import { StackViewer, type ViewerSnapshot } from "./stack-viewer";

const NOTHING: ViewerSnapshot = { inverted: false, canvas: { width: 0, height: 0 } };
const NO_CHANGE = () => () => undefined;

export function useSnapshot(viewer: StackViewer | undefined): ViewerSnapshot {
  return useSyncExternalStore(viewer?.subscribe ?? NO_CHANGE, viewer?.snapshot ?? (() => NOTHING));
}

export interface ImageViewerProps {
  readonly source: ImageSource;
  /** Told of the viewer when it stands, and of undefined when it is gone. */
  readonly onViewer: (viewer: StackViewer | undefined) => void;
  readonly viewer: StackViewer | undefined;
  /** What a screen reader calls the image. */
  readonly label: string;
  /** Whether the image that was drawn is none of what `label` and `caption` name: it is not shown then. */
  readonly isCovered: boolean;
  /** Upper corners. */
  readonly caption: ReactNode;
  readonly position: ReactNode;
  readonly onScroll: ((step: number) => void) | undefined;
  /** What is drawn over the image. */
  readonly children: ReactNode;
}

export function ImageViewer({
  source,
  onViewer,
  viewer,
  label,
  isCovered,
  caption,
  position,
  onScroll,
  children,
}: ImageViewerProps) {
  const { say } = useSpeech();
  const [frame, setFrame] = useState<HTMLDivElement | null>(null);
  const [canvas, setCanvas] = useState<HTMLDivElement | null>(null);
  const snapshot = useSnapshot(viewer);
  const { shown, awaited, error } = snapshot;
  const isSeen = shown !== undefined && error === undefined && !isCovered;

  useLayoutEffect(() => {
    if (!canvas) return;
    const made = new StackViewer(canvas, source);
    onViewer(made);
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(canvas);
    const forget = onOtherPixels(() => made.resize());
    return () => {
      observer.disconnect();
      forget();
      onViewer(undefined);
      made.dispose();
    };
  }, [canvas, source, onViewer]);
  usePointerDrag(frame, viewer, onScroll);

  return (
    <div className="viewer" ref={setFrame} data-testid="viewer">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the image takes the keys of the page, and shows that it does */}
      <div className="viewer-image" role="img" aria-label={isSeen ? label : say("viewer.nothing")} tabIndex={0}>
        <div className={isSeen ? "viewer-canvas" : "viewer-canvas covered"} ref={setCanvas} />
      </div>
      {isSeen && children}
      <div className="corner top-left">{caption}</div>
      <div className="corner top-right">{position}</div>
      {isSeen && <Edges snapshot={snapshot} />}
      {isSeen && <BottomCorners snapshot={snapshot} />}
      {error !== undefined && (
        <div className="viewer-notice" role="alert">
          {say("viewer.failed", { reason: reasonOf(error, say) })}
        </div>
      )}
      {awaited && error === undefined && <Waiting key={imageId(awaited)} isOverImage={isSeen} />}
    </div>
  );
}

/** Tells when a CSS pixel is another number of the screen's: a window moved to another screen, a page zoomed. */
function onOtherPixels(listener: () => void): () => void {
  const listening = new AbortController();
  const watch = () => {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    const changed = () => {
      listener();
      watch();
    };
    query.addEventListener("change", changed, { once: true, signal: listening.signal });
  };
  watch();
  return () => listening.abort();
}

/** Shows only after a moment, so that quick answers do not flicker. */
function Waiting({ isOverImage }: { readonly isOverImage: boolean }) {
  const { say } = useSpeech();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return late ? (
    <div className={`viewer-notice ${isOverImage ? "aside" : "quiet"}`}>{say("viewer.loading")}</div>
  ) : null;
}

function Edges({ snapshot: { shown } }: { readonly snapshot: ViewerSnapshot }) {
  const labels = shown && edgeLabels(shown.image);
  if (!labels) return null;
  return (
    <div aria-hidden="true">
      {(["left", "right", "top", "bottom"] as const).map((edge) => (
        <span key={edge} className={`edge ${edge}`}>
          {labels[edge]}
        </span>
      ))}
    </div>
  );
}

/** What the sizes in millimetres were measured on, where that is not the patient. */
const SPACING_NOTES: Readonly<Record<string, MessageKey>> = {
  ImagerPixelSpacing: "viewer.detectorSpacing",
  NominalScannedPixelSpacing: "viewer.filmSpacing",
  none: "viewer.noSpacing",
};

function BottomCorners({ snapshot }: { readonly snapshot: ViewerSnapshot }) {
  const { say } = useSpeech();
  const { shown, window, mapping } = snapshot;
  if (!shown) return null;
  const note = SPACING_NOTES[shown.image.pixel_spacing?.source ?? "none"];
  return (
    <>
      <div className="corner bottom-left">
        {window && shown.display.channels === 1 && (
          <div data-testid="window">
            {say("viewer.window", { center: rounded(window.center), width: rounded(window.width) })}
          </div>
        )}
        {mapping && <div>{say("viewer.zoom", { percent: Math.round(100 * mapping.scaleX) })}</div>}
      </div>
      <div className="corner bottom-right">
        {note && <div>{say(note)}</div>}
        {shown.image.lossy && <div>{say("viewer.lossy")}</div>}
      </div>
    </>
  );
}

/** Whole from 10 on: Hounsfield units have no use for decimals. */
function rounded(value: number): string {
  return Math.abs(value) < 10 && !Number.isInteger(value) ? measure(value) : String(Math.round(value));
}
