/**
 * @file Brings the selected finding into view, once, when its image is there.
 */
import { useEffect, useRef } from "react";
import type { PlacedFinding } from "../findings/finding-order";
import { sameImage } from "../viewer/image-reference";
import type { LoadedImage } from "../viewer/image-source";
import { revealing } from "../viewer/image-view";
import type { StackViewer } from "../viewer/stack-viewer";

export function useRevealing(
  viewer: StackViewer | undefined,
  shown: LoadedImage | undefined,
  findings: readonly PlacedFinding[],
  selected: string | undefined,
): void {
  const revealed = useRef<string>(undefined);
  useEffect(() => {
    if (selected === revealed.current) return;
    if (selected === undefined) {
      revealed.current = undefined;
      return;
    }
    const finding = findings.find((one) => one.finding.id === selected)?.finding;
    const isThere = finding && sameImage({ sopUid: finding.sop_uid, frame: finding.frame }, shown?.reference);
    if (!viewer?.view || !viewer.shape || !isThere) return;
    revealed.current = selected;
    const { x1, y1, x2, y2 } = finding.bbox;
    const middle = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
    viewer.setView(revealing(viewer.view, viewer.shape, viewer.snapshot().canvas, middle));
  }, [viewer, shown, findings, selected]);
}
