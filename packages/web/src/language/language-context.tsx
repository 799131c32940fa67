/**
 * @file The language of the page, for every component: by the browser at first, then as the reader chose it.
 */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { CHINESE } from "./chinese";
import { ENGLISH } from "./english";
import { fill, type Language, type Messages, preferredLanguage, type Say } from "./language";

const MESSAGES: Readonly<Record<Language, Messages>> = { zh: CHINESE, en: ENGLISH };
/** What `lang` of the document says, so that the browser picks glyphs and a voice. */
const TAGS: Readonly<Record<Language, string>> = { zh: "zh-CN", en: "en" };
const STORED_AS = "fovea.language";

export interface Speech {
  readonly language: Language;
  readonly say: Say;
  readonly switchLanguage: () => void;
}

const SpeechContext = createContext<Speech | undefined>(undefined);

function initialLanguage(): Language {
  const stored = localStorage.getItem(STORED_AS);
  return stored === "zh" || stored === "en" ? stored : preferredLanguage(navigator.languages);
}

export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(initialLanguage);
  useEffect(() => {
    document.documentElement.lang = TAGS[language];
  }, [language]);
  const speech = useMemo<Speech>(
    () => ({
      language,
      say: (key, parts) => fill(MESSAGES[language][key], parts),
      switchLanguage: () => {
        const other = language === "zh" ? "en" : "zh";
        localStorage.setItem(STORED_AS, other);
        setLanguage(other);
      },
    }),
    [language],
  );
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error("unreachable: useSpeech outside of LanguageProvider");
  return speech;
}
