/**
 * @file The keys of a study, at work.
 */
import { useEffect, useRef } from "react";
import type { FindingPlace } from "../findings/finding-order";
import { useSpeech } from "../language/language-context";
import { frameValues } from "../viewer/display-values";
import { panned, zoomed } from "../viewer/image-view";
import type { StackViewer } from "../viewer/stack-viewer";
import { type WindowName, windowChoices } from "../viewer/window-choice";
import { commandOf, type StudyCommand, takesKey } from "./study-keys";
import type { ReviewCommands } from "./use-review-commands";

/** CSS pixels of one step of the arrow keys. */
const PAN_STEP = 40;
const ZOOM_STEP = 1.25;
const THRESHOLD_STEP = 0.05;
const DECIDING: ReadonlySet<StudyCommand> = new Set(["accept", "reject", "undo", "boxes", "invert"]);
const PAN: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowUp: [0, PAN_STEP],
  ArrowDown: [0, -PAN_STEP],
  ArrowLeft: [PAN_STEP, 0],
  ArrowRight: [-PAN_STEP, 0],
};

export interface StudyKeysInput extends ReviewCommands {
  readonly viewer: StackViewer | undefined;
  readonly threshold: number;
  /** Where the reader is, and how many images there are. */
  readonly place: FindingPlace;
  readonly imageCount: number;
  readonly hasFindings: boolean;
  readonly announce: (message: string) => void;
  readonly step: (by: 1 | -1) => void;
  readonly toImage: (image: number) => void;
  readonly toSeries: (index: number) => void;
  readonly setThreshold: (threshold: number) => void;
  readonly toggleBoxes: () => void;
}

export interface DisplayCommands {
  readonly chooseWindow: (name: WindowName) => void;
  readonly invert: () => void;
  readonly reset: () => void;
}

/** Listens while the study is on the screen; gives what the toolbar shares with the keys. */
export function useStudyKeys(input: StudyKeysInput): DisplayCommands {
  const { say } = useSpeech();
  const { viewer, threshold, imageCount, hasFindings, announce, step } = input;
  const { image, series } = input.place;
  const chooseWindow = (name: WindowName) => {
    viewer?.chooseWindow(name);
    announce(say("say.window", { name: say(`window.${name}`) }));
  };
  const chooseDigit = (digit: number) => {
    const shown = viewer?.snapshot().shown;
    if (!shown) return;
    const choices = windowChoices(shown.image, frameValues(shown.image, shown.reference.frame));
    const choice = choices.find((one) => one.digit === digit);
    if (choice) chooseWindow(choice.name);
  };
  const invert = () => viewer?.setInverted(!viewer.snapshot().inverted);
  const reset = () => viewer?.reset();
  const goTo = (by: 1 | -1) => (hasFindings ? step(by) : announce(say("say.noMore")));

  const actions: Readonly<Record<StudyCommand, (key: string) => void>> = {
    next: () => goTo(1),
    previous: () => goTo(-1),
    accept: () => input.decide("accepted"),
    reject: () => input.decide("rejected"),
    undo: input.undo,
    lower: () => input.setThreshold(threshold - THRESHOLD_STEP),
    raise: () => input.setThreshold(threshold + THRESHOLD_STEP),
    boxes: input.toggleBoxes,
    up: () => input.toImage(image - 1),
    down: () => input.toImage(image + 1),
    pageUp: () => input.toImage(image - 10),
    pageDown: () => input.toImage(image + 10),
    first: () => input.toImage(0),
    last: () => input.toImage(imageCount - 1),
    series: () => input.toSeries(series + 1),
    seriesBack: () => input.toSeries(series - 1),
    window: (key) => chooseDigit(Number(key)),
    invert,
    reset,
    zoomIn: () => zoom(viewer, ZOOM_STEP),
    zoomOut: () => zoom(viewer, 1 / ZOOM_STEP),
    pan: (key) => pan(viewer, key),
    back: () => {
      location.hash = "#/";
    },
  };
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const command = takesKey(event.target, event.key) ? undefined : commandOf(event);
      if (!command || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      // A key held down goes on moving; it does not go on deciding.
      if (event.repeat && DECIDING.has(command)) return;
      latest.current[command](event.key);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return { chooseWindow, invert, reset };
}

function zoom(viewer: StackViewer | undefined, factor: number): void {
  if (!viewer?.view || !viewer.shape) return;
  const { canvas } = viewer.snapshot();
  viewer.setView(zoomed(viewer.view, viewer.shape, canvas, { x: canvas.width / 2, y: canvas.height / 2 }, factor));
}

function pan(viewer: StackViewer | undefined, key: string): void {
  const [x, y] = PAN[key] ?? [0, 0];
  if (viewer?.view && viewer.shape) viewer.setView(panned(viewer.view, viewer.shape, { x, y }));
}
