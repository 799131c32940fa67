/**
 * @file Asks for the API key.
 */
import { type FormEvent, useState } from "react";
import { useSpeech } from "../language/language-context";

export interface SignInProps {
  /** Why it is asked again. */
  readonly message: string | undefined;
  readonly checking: boolean;
  readonly onKey: (key: string) => void;
}

export function SignIn({ message, checking, onKey }: SignInProps) {
  const { say } = useSpeech();
  const [key, setKey] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== "") onKey(key.trim());
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>{say("login.title")}</h1>
        <label>
          <span>{say("login.key")}</span>
          <input
            type="password"
            value={key}
            // biome-ignore lint/a11y/noAutofocus: there is nothing else on this screen
            autoFocus
            autoComplete="off"
            spellCheck={false}
            aria-describedby="sign-in-hint"
            aria-invalid={message !== undefined}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        <p id="sign-in-hint" className="hint">
          {say("login.hint")}
        </p>
        {message !== undefined && (
          <p className="problem" role="alert">
            {message}
          </p>
        )}
        <button type="submit" className="primary" disabled={checking || key.trim() === ""}>
          {say(checking ? "login.checking" : "login.submit")}
        </button>
      </form>
    </main>
  );
}
