/**
 * @file What every screen has: the bar on top, the line at the bottom, the list of keys.
 */
import type { Session } from "@fovea/core/contract/session";
import { type ReactNode, useEffect, useState } from "react";
import { useSpeech } from "../language/language-context";
import { KeyHelp } from "./key-help";
import { TRANSFERS, useRoute } from "./route";
import { takesKey } from "./study-keys";

export interface PageFrameProps {
  readonly session?: Session;
  readonly onSignOut?: () => void;
  /** In the bar, after the name. */
  readonly heading?: ReactNode;
  /** Below the bar, over everything else. */
  readonly notice?: ReactNode;
  /** In the line at the bottom. */
  readonly footing?: ReactNode;
  readonly children: ReactNode;
}

export function PageFrame({ session, onSignOut, heading, notice, footing, children }: PageFrameProps) {
  const { say, switchLanguage } = useSpeech();
  const [helping, setHelping] = useState(false);
  const route = useRoute();
  const mayTransfer = session?.may_transfer === true;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || takesKey(event.target, event.key)) return;
      if (event.key === "?") setHelping(true);
      if (event.key === "l" || event.key === "L") switchLanguage();
      if (mayTransfer && (event.key === "t" || event.key === "T")) location.hash = TRANSFERS;
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [switchLanguage, mayTransfer]);
  return (
    <div className="page">
      <header className="bar">
        <span className="brand">Fovea</span>
        <div className="heading">{heading}</div>
        <div className="bar-tools">
          {session?.name && (
            <span className="who">
              {say("app.signedInAs", { name: session.name, role: say(`role.${session.role}`) })}
            </span>
          )}
          {mayTransfer && (
            <a className="bar-link" href={TRANSFERS} aria-current={route.screen === "transfers" ? "page" : undefined}>
              {say("transfers.title")} <kbd>T</kbd>
            </a>
          )}
          <button type="button" aria-label={say("app.switchLanguageLabel")} onClick={switchLanguage}>
            {say("app.switchLanguage")}
          </button>
          <button type="button" aria-haspopup="dialog" onClick={() => setHelping(true)}>
            {say("app.help")} <kbd>?</kbd>
          </button>
          {onSignOut && (
            <button type="button" onClick={onSignOut}>
              {say("app.signOut")}
            </button>
          )}
        </div>
      </header>
      <div>{notice}</div>
      {children}
      <footer className="foot">
        <span className="research">{say("app.research")}</span>
        <span>{footing}</span>
      </footer>
      {helping && <KeyHelp onClose={() => setHelping(false)} />}
    </div>
  );
}
