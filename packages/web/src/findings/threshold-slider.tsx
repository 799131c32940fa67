/**
 * @file The confidence from which findings are shown.
 */
import { useSpeech } from "../language/language-context";

export interface ThresholdSliderProps {
  /** In [0, 1]. */
  readonly threshold: number;
  readonly onChange: (threshold: number) => void;
}

export function ThresholdSlider({ threshold, onChange }: ThresholdSliderProps) {
  const { say } = useSpeech();
  const shown = Math.round(100 * threshold);
  return (
    <label className="threshold">
      <span>{say("findings.threshold")}</span>
      <output>{shown} %</output>
      <input
        type="range"
        min="0"
        max="100"
        step="1"
        value={shown}
        aria-valuetext={`${shown} %`}
        onChange={(event) => onChange(Number(event.target.value) / 100)}
      />
    </label>
  );
}
