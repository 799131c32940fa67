/**
 * @file The list of keys, over the page.
 */
import { useEffect, useRef } from "react";
import type { MessageKey } from "../language/language";
import { useSpeech } from "../language/language-context";
import { KEY_BINDINGS, type KeyGroup } from "./study-keys";

const GROUPS: readonly KeyGroup[] = ["findings", "images", "display", "page"];
const MOUSE: readonly MessageKey[] = ["mouse.scroll", "mouse.window", "mouse.pan", "mouse.zoom", "mouse.select"];

/** A modal dialogue: the browser keeps the focus inside, and gives it back. */
export function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  const { say } = useSpeech();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className="key-help"
      aria-labelledby="key-help-title"
      onClose={onClose}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "?") dialog.current?.close();
      }}
    >
      <header>
        <h2 id="key-help-title">{say("help.title")}</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          {say("help.close")} <kbd>Esc</kbd>
        </button>
      </header>
      <div className="key-groups">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{say(`help.${group}`)}</h3>
            <dl>
              {KEY_BINDINGS.filter((binding) => binding.group === group).map(({ caps, message }) => (
                <div key={message}>
                  <dt>
                    {caps.map((cap) => (
                      <kbd key={cap}>{cap}</kbd>
                    ))}
                  </dt>
                  <dd>{say(message)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section className="mouse">
          <h3>{say("help.mouse")}</h3>
          <ul>
            {MOUSE.map((message) => (
              <li key={message}>{say(message)}</li>
            ))}
          </ul>
        </section>
      </div>
    </dialog>
  );
}
