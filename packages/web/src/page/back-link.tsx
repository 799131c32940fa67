/**
 * @file The way back to the list of studies.
 */
import { useSpeech } from "../language/language-context";

export function BackLink() {
  const { say } = useSpeech();
  return (
    <a className="back" href="#/">
      ‹ {say("study.back")}
    </a>
  );
}
