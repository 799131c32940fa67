/**
 * @file What can be done with a row: buttons, of which one may ask once more, and why the last did not come off.
 */
import { useState } from "react";
import { reasonOf } from "../api/request-error";
import type { MessageKey } from "../language/language";
import { useSpeech } from "../language/language-context";

export interface RowAction {
  readonly label: MessageKey;
  readonly act: () => Promise<void>;
  /** What is said once it is done. */
  readonly done: MessageKey;
  /** Asked before it is done, of what cannot be taken back. */
  readonly sure?: MessageKey;
}

export interface RowActionsProps {
  readonly actions: readonly RowAction[];
  readonly onDone: (said: MessageKey) => void;
}

export function RowActions({ actions, onDone }: RowActionsProps) {
  const { say } = useSpeech();
  const [works, setWorks] = useState(false);
  const [unsure, setUnsure] = useState<RowAction>();
  const [error, setError] = useState<unknown>();
  const run = async ({ act, done }: RowAction) => {
    setWorks(true);
    setUnsure(undefined);
    setError(undefined);
    try {
      await act();
      onDone(done);
    } catch (failure) {
      setError(failure);
    }
    setWorks(false);
  };
  if (unsure?.sure !== undefined) {
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: Escape takes back what the buttons inside ask
      <div
        className="row-actions sure"
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          setUnsure(undefined);
        }}
      >
        <span role="alert">{say(unsure.sure)}</span>
        {/* biome-ignore lint/a11y/noAutofocus: the question takes the place of the button that had the focus */}
        <button type="button" autoFocus onClick={() => setUnsure(undefined)}>
          {say("transfers.cancel")}
        </button>
        <button type="button" className="danger" onClick={() => run(unsure)}>
          {say(unsure.label)}
        </button>
      </div>
    );
  }
  return (
    <div className="row-actions">
      {actions.map((action) => (
        <button
          key={action.label}
          type="button"
          disabled={works}
          onClick={() => (action.sure === undefined ? run(action) : setUnsure(action))}
        >
          {say(action.label)}
        </button>
      ))}
      {error !== undefined && (
        <span className="reason" role="alert">
          {reasonOf(error, say)}
        </span>
      )}
    </div>
  );
}
