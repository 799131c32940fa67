/**
 * @file What the mouse does to an image: window, move, zoom, and the wheel through the images.
 */
import { useEffect, useRef } from "react";
import { type Point, panned, zoomed } from "./image-view";
import type { StackViewer } from "./stack-viewer";
import { dragged } from "./window-choice";

type Drag = "window" | "pan" | "zoom";

function dragOf(event: PointerEvent): Drag | undefined {
  if (event.button === 1 || (event.button === 0 && event.shiftKey)) return "pan";
  if (event.button === 2 || (event.button === 0 && event.ctrlKey)) return "zoom";
  return event.button === 0 ? "window" : undefined;
}

function isFinding(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[data-finding]") !== null;
}

function apply(viewer: StackViewer, drag: Drag, start: Point, dx: number, dy: number): void {
  const { window, canvas } = viewer.snapshot();
  const { view, shape } = viewer;
  if (!view || !shape) return;
  if (drag === "window" && window) viewer.setWindow(dragged(window, dx, dy));
  if (drag === "pan") viewer.setView(panned(view, shape, { x: dx, y: dy }));
  if (drag === "zoom") viewer.setView(zoomed(view, shape, canvas, start, Math.exp(-dy / 150)));
}

/** How far the wheel turns for one image, in the browser's pixels: a notch is 100 or more, a touch pad sends many small steps. */
const NOTCH = 50;

/**
 * Listens on `element` for drags and the wheel.
 *
 * @param onScroll is told of steps through the images; undefined where there is but one, and the wheel zooms
 */
export function usePointerDrag(
  element: HTMLElement | null,
  viewer: StackViewer | undefined,
  onScroll: ((step: number) => void) | undefined,
): void {
  const scroll = useRef(onScroll);
  scroll.current = onScroll;
  useEffect(() => {
    if (!element || !viewer) return;
    let drag: { readonly kind: Drag; readonly start: Point; last: Point } | undefined;
    let turned = 0;
    const place = (event: MouseEvent): Point => {
      const { left, top } = element.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    const down = (event: PointerEvent) => {
      const kind = dragOf(event);
      // A press on a box selects its finding. React hears of it only after this listener.
      if (!kind || (kind === "window" && isFinding(event.target))) return;
      drag = { kind, start: place(event), last: place(event) };
      element.setPointerCapture(event.pointerId);
      if (event.button === 1) event.preventDefault();
    };
    const move = (event: PointerEvent) => {
      if (!drag) return;
      const at = place(event);
      apply(viewer, drag.kind, drag.start, at.x - drag.last.x, at.y - drag.last.y);
      drag.last = at;
    };
    const up = () => {
      drag = undefined;
    };
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { view, shape } = viewer;
      if (!view || !shape) return;
      if (event.ctrlKey || !scroll.current) {
        viewer.setView(zoomed(view, shape, viewer.snapshot().canvas, place(event), Math.exp(-event.deltaY / 500)));
        return;
      }
      turned += event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : NOTCH * event.deltaY;
      const steps = Math.trunc(turned / NOTCH);
      if (steps === 0) return;
      // One notch of a mouse is one image, however many pixels the browser makes of it.
      scroll.current(Math.sign(steps));
      turned = 0;
    };
    const menu = (event: Event) => event.preventDefault();
    const listening = new AbortController();
    const { signal } = listening;
    element.addEventListener("pointerdown", down, { signal });
    element.addEventListener("pointermove", move, { signal });
    element.addEventListener("pointerup", up, { signal });
    element.addEventListener("pointercancel", up, { signal });
    element.addEventListener("wheel", wheel, { passive: false, signal });
    element.addEventListener("contextmenu", menu, { signal });
    return () => listening.abort();
  }, [element, viewer]);
}
