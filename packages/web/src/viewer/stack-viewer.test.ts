import { RenderingEngine } from "@cornerstonejs/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { madeImage } from "../../test/made-image";
import { ImageStack } from "./image-reference";
import type { ImageSource } from "./image-source";
import { StackViewer } from "./stack-viewer";

// A renderer that draws at once, and takes no change of size, as Cornerstone's does while a drawing is under way.
vi.mock("@cornerstonejs/core", () => {
  const canvas = { width: 100, height: 100 };
  class FakeEngine {
    static readonly canvas = canvas;
    #element = new EventTarget();
    enableElement({ element }: { element: EventTarget }) {
      this.#element = element;
    }
    getViewport() {
      return {
        canvas,
        setStack: async () => undefined,
        setProperties: () => undefined,
        getCamera: () => ({}),
        setCamera: () => undefined,
        worldToCanvas: ([x, y]: number[]) => [x, y],
        render: () => this.#element.dispatchEvent(new Event("rendered")),
      };
    }
    resize() {}
    destroy() {}
  }
  return {
    init: () => true,
    getShouldUseCPURendering: () => false,
    RenderingEngine: FakeEngine,
    Enums: {
      Events: { IMAGE_RENDERED: "rendered" },
      ViewportType: { STACK: "stack" },
      InterpolationType: { NEAREST: 0, LINEAR: 1 },
    },
  };
});

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", { devicePixelRatio: 1 });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("never tells of the image before when another one is on the screen, whether or not its canvas fits", async () => {
  const { canvas } = RenderingEngine as unknown as { canvas: { width: number; height: number } };
  const element = Object.assign(new EventTarget(), { clientWidth: 100, clientHeight: 100 });
  const display = { pixels: new Uint16Array(12), channels: 1, min: 0, max: 10, slope: 1, intercept: 0 } as const;
  const source: Pick<ImageSource, "load"> = {
    load: async (reference) => ({ reference, image: madeImage(), display }),
  };
  const viewer = new StackViewer(element as unknown as HTMLDivElement, source as ImageSource);
  const images = new ImageStack([{ sopUid: "1.2.3", frames: 2 }]);
  await viewer.show(images, 0);
  expect(viewer.snapshot().shown?.reference.frame).toBe(0);
  expect(viewer.snapshot().mapping).toBeDefined();
  canvas.width = 80;
  await viewer.show(images, 1);
  expect(viewer.snapshot().shown?.reference.frame).toBe(1);
  // Boxes would not lie where the lesions are.
  expect(viewer.snapshot().mapping).toBeUndefined();
  canvas.width = 100;
  await vi.runOnlyPendingTimersAsync();
  expect(viewer.snapshot().mapping).toBeDefined();
  viewer.dispose();
});
