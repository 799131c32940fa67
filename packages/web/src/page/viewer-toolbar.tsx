/**
 * @file Window presets, inversion, reset, boxes: what the keys do, for the mouse.
 */
import { useSpeech } from "../language/language-context";
import { frameValues } from "../viewer/display-values";
import { useSnapshot } from "../viewer/image-viewer";
import type { StackViewer } from "../viewer/stack-viewer";
import { type WindowChoice, type WindowName, windowChoices } from "../viewer/window-choice";

export interface ViewerToolbarProps {
  readonly viewer: StackViewer | undefined;
  readonly boxesShown: boolean;
  readonly onWindow: (name: WindowName) => void;
  readonly onInvert: () => void;
  readonly onReset: () => void;
  readonly onBoxes: () => void;
}

export function ViewerToolbar({ viewer, boxesShown, onWindow, onInvert, onReset, onBoxes }: ViewerToolbarProps) {
  const { say } = useSpeech();
  const { shown, windowName, inverted } = useSnapshot(viewer);
  const choices = shown ? windowChoices(shown.image, frameValues(shown.image, shown.reference.frame)) : [];
  return (
    <div className="toolbar" role="toolbar" aria-label={say("help.display")}>
      <fieldset>
        <legend className="visually-hidden">{say("viewer.windows")}</legend>
        {choices.map((choice) => (
          <button
            key={choice.name}
            type="button"
            className="tool"
            aria-pressed={windowName === choice.name}
            aria-keyshortcuts={String(choice.digit)}
            title={choice.explanation && say("window.fileNamed", { name: choice.explanation })}
            onClick={() => onWindow(choice.name)}
          >
            <WindowLabel choice={choice} /> <kbd>{choice.digit}</kbd>
          </button>
        ))}
      </fieldset>
      <span className="spring" />
      <button type="button" className="tool" aria-pressed={boxesShown} aria-keyshortcuts="b" onClick={onBoxes}>
        {say("viewer.boxes")} <kbd>B</kbd>
      </button>
      <button type="button" className="tool" aria-pressed={inverted} aria-keyshortcuts="i" onClick={onInvert}>
        {say("viewer.invert")} <kbd>I</kbd>
      </button>
      <button type="button" className="tool" aria-keyshortcuts="0" onClick={onReset}>
        {say("viewer.reset")} <kbd>0</kbd>
      </button>
    </div>
  );
}

function WindowLabel({ choice }: { readonly choice: WindowChoice }) {
  const { say } = useSpeech();
  return <span>{say(`window.${choice.name}`)}</span>;
}
