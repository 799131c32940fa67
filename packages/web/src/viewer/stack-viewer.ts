/**
 * @file One viewer: a stack of images on an element, drawn by Cornerstone3D, on the graphics card or without one.
 *
 * What it shows is told by `snapshot`, and told anew after each drawing: where the image lies on the screen is read back from the
 * renderer when it has drawn, so that what is drawn over the image never runs ahead of it.
 */
import {
  Enums,
  getShouldUseCPURendering,
  init,
  RenderingEngine,
  type StackViewport,
  type Types,
} from "@cornerstonejs/core";
import type { Window } from "@fovea/core/dicom/window";
import { frameValues } from "./display-values";
import type { ImageReference, ImageStack } from "./image-reference";
import { type ImageSource, imageId, type LoadedImage, shapeOf } from "./image-source";
import { fittingView, type ImageShape, type ImageView, type Mapping, type Size } from "./image-view";
import { initialWindow, rangeOf, type WindowName, windowOf } from "./window-choice";

/** What is on the screen. */
export interface ViewerSnapshot {
  /** The image that is drawn; undefined before the first. */
  readonly shown?: LoadedImage;
  /** Canvas from image, as drawn. */
  readonly mapping?: Mapping;
  readonly window?: Window;
  /** Which choice the window is; undefined after a drag. */
  readonly windowName?: WindowName;
  readonly inverted: boolean;
  /** CSS pixels. */
  readonly canvas: Size;
  /** The image that is on its way; until it is drawn, `shown` is on the screen. */
  readonly awaited?: ImageReference;
  /** Why the wanted image is not shown. */
  readonly error?: unknown;
}

interface Wish {
  readonly images: ImageStack;
  readonly index: number;
  readonly signal: AbortSignal;
}

const VIEWPORT = "image";
/** Images fetched ahead to either side. */
const AHEAD = 4;
/** Until the renderer is told its size once more. */
const RESIZE_AGAIN_MS = 250;
let engines = 0;

export class StackViewer {
  readonly #element: HTMLDivElement;
  readonly #source: ImageSource;
  readonly #engine: RenderingEngine;
  readonly #viewport: StackViewport;
  readonly #onCpu: boolean;
  readonly #listeners = new Set<() => void>();
  #snapshot: ViewerSnapshot;
  #view: ImageView | undefined;
  /** The image that the viewport holds, which may be newer than the last drawing. */
  #current: LoadedImage | undefined;
  /** The image that is wanted; undefined when there is no viewer any more. */
  #wish: Wish | undefined;
  #isServing = false;
  /** Ends what is fetched of a series when another is wanted. */
  #ofSeries = new AbortController();
  /** Images are fetched ahead one at a time. */
  #ahead: Promise<void> = Promise.resolve();
  /** Whether each image is to have its file's window, where it has one. */
  #byFile = false;
  #resizings = 0;

  constructor(element: HTMLDivElement, source: ImageSource) {
    init({ rendering: { webGlContextCount: 1 } } as Parameters<typeof init>[0]);
    this.#element = element;
    this.#source = source;
    this.#onCpu = getShouldUseCPURendering();
    this.#engine = new RenderingEngine(`viewer-${++engines}`);
    this.#engine.enableElement({ viewportId: VIEWPORT, type: Enums.ViewportType.STACK, element });
    this.#viewport = this.#engine.getViewport(VIEWPORT) as StackViewport;
    if (this.#onCpu) this.#sizeCanvas();
    this.#snapshot = { inverted: false, canvas: this.#size() };
    element.addEventListener(Enums.Events.IMAGE_RENDERED, this.#drawn);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): ViewerSnapshot => this.#snapshot;

  /** What is seen, or about to be. */
  get view(): ImageView | undefined {
    return this.#view;
  }

  get shape(): ImageShape | undefined {
    return this.#current && shapeOf(this.#current.image);
  }

  /**
   * Shows an image, and keeps window and zoom where it looks like the one before.
   *
   * One image of a series is fetched at a time: of several that are wished for meanwhile only the last is, so that turning through a
   * stack asks the service for what can be shown, and no more. Another series is not kept waiting by the one before.
   */
  async show(images: ImageStack, index: number): Promise<void> {
    if (this.#wish?.images !== images) {
      this.#ofSeries.abort();
      this.#ofSeries = new AbortController();
    }
    this.#wish = { images, index, signal: this.#ofSeries.signal };
    this.#publish({ awaited: images.at(index), error: undefined });
    if (this.#isServing) return;
    this.#isServing = true;
    let served: Wish | undefined;
    while (this.#wish && this.#wish !== served) {
      served = this.#wish;
      await this.#serve(served);
    }
    this.#isServing = false;
    if (served) this.#fetchAhead(served);
  }

  async #serve(wish: Wish): Promise<void> {
    const isWanted = () => wish === this.#wish;
    const reference = wish.images.at(wish.index);
    if (!reference) return;
    try {
      const loaded = await this.#source.load(reference, wish);
      if (!isWanted()) return;
      await this.#viewport.setStack([imageId(loaded.reference)]);
      if (this.#wish === undefined) return;
      this.#take(loaded);
      if (isWanted()) this.#publish({ awaited: undefined });
    } catch (error) {
      if (isWanted()) this.#publish({ awaited: undefined, error });
    }
  }

  setWindow(window: Window, windowName?: WindowName): void {
    this.#byFile = windowName === "file";
    this.#publish({ window, windowName });
    this.#apply();
  }

  /** By its name, in the values of the image shown. */
  chooseWindow(name: WindowName): void {
    if (!this.#current) return;
    const { image, display, reference } = this.#current;
    const window = windowOf(name, image, frameValues(image, reference.frame), display);
    if (window) this.setWindow(window, name);
  }

  setInverted(inverted: boolean): void {
    this.#publish({ inverted });
    this.#apply();
  }

  setView(view: ImageView): void {
    this.#view = view;
    this.#apply();
  }

  /** Window, zoom and place as at first. */
  reset(): void {
    if (!this.#current) return;
    this.#view = fittingView(shapeOf(this.#current.image), this.#size());
    this.#windowAtFirst(this.#current);
    this.#publish({ inverted: false });
    this.#apply();
  }

  /** To be called when the element has another size, or its pixels; a fitting image goes on fitting. */
  resize(): void {
    const size = this.#size();
    if (size.width === 0 || size.height === 0) return;
    const before = this.#snapshot.canvas;
    if (this.#onCpu) this.#sizeCanvas();
    else this.#engine.resize(true, true);
    if (this.#current && this.#view) {
      const shape = shapeOf(this.#current.image);
      const fitted = Math.abs(this.#view.scale / fittingView(shape, before).scale - 1) < 1e-6;
      if (fitted) this.#view = fittingView(shape, size);
    }
    this.#publish({ canvas: size });
    this.#apply();
  }

  /** Pixels of the screen that the canvas should have. */
  #deviceSize(): Size {
    const { width, height } = this.#size();
    return { width: Math.round(width * window.devicePixelRatio), height: Math.round(height * window.devicePixelRatio) };
  }

  /** The CPU path measures in pixels of the screen, but would make its canvas of CSS pixels. */
  #sizeCanvas(): void {
    const { canvas } = this.#viewport;
    const { width, height } = this.#deviceSize();
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
  }

  dispose(): void {
    this.#wish = undefined;
    this.#ofSeries.abort();
    this.#listeners.clear();
    this.#element.removeEventListener(Enums.Events.IMAGE_RENDERED, this.#drawn);
    this.#engine.destroy();
  }

  #take(loaded: LoadedImage): void {
    const before = this.#current;
    this.#current = loaded;
    const shape = shapeOf(loaded.image);
    const alike =
      before && sameShape(shapeOf(before.image), shape) && before.image.series_uid === loaded.image.series_uid;
    if (!alike) {
      this.#view = fittingView(shape, this.#size());
      this.#windowAtFirst(loaded);
      this.#publish({ inverted: false });
    } else if (this.#byFile) {
      // The file's window is of each image by itself; every other stays, so that slices can be compared.
      this.#publish(initialWindow(loaded.image, frameValues(loaded.image, loaded.reference.frame), loaded.display));
    }
    this.#apply();
  }

  #windowAtFirst({ image, reference, display }: LoadedImage): void {
    const choice = initialWindow(image, frameValues(image, reference.frame), display);
    this.#byFile = choice.windowName === "file";
    this.#publish(choice);
  }

  /** Brings window, inversion, zoom and place to the renderer, and has it draw. */
  #apply(): void {
    const { window, inverted } = this.#snapshot;
    if (!this.#current || !this.#view || !window) return;
    const { image, display } = this.#current;
    const { lower, upper, falls } = rangeOf(window, display);
    const dark = image.photometric_interpretation === "MONOCHROME1";
    const isColor = display.channels === 3;
    this.#viewport.setProperties({
      voiRange: isColor ? { lower: 0, upper: 255 } : { lower, upper },
      invert: [inverted, dark, falls && !isColor].filter(Boolean).length % 2 === 1,
      // Pixels are blurred into one another while they are small, and plain to see when they are large.
      interpolationType: this.#pixelSide() > 4 ? Enums.InterpolationType.NEAREST : Enums.InterpolationType.LINEAR,
    });
    this.#viewport.setCamera(this.#camera(shapeOf(image), this.#view));
    this.#viewport.render();
  }

  #pixelSide(): number {
    const shape = this.shape;
    return shape && this.#view ? this.#view.scale * Math.min(shape.columnSide, shape.rowSide) : 1;
  }

  #camera(shape: ImageShape, { center, scale }: ImageView): Types.ICamera {
    const [x, y] = this.#world(shape, center.x, center.y);
    if (this.#onCpu) {
      // Device pixels for the shorter side of an image's pixel.
      const device = scale * Math.min(shape.columnSide, shape.rowSide) * window.devicePixelRatio;
      return { focalPoint: [x, y, 0], scale: device };
    }
    // The camera stays as far from the image as the renderer put it.
    const { focalPoint = [0, 0, 0], position = [0, 0, -1] } = this.#viewport.getCamera();
    return {
      focalPoint: [x, y, focalPoint[2]],
      position: [position[0] + x - focalPoint[0], position[1] + y - focalPoint[1], position[2]],
      parallelScale: this.#size().height / 2 / scale,
    };
  }

  /**
   * The renderer's world from image coordinates. On the graphics card the origin is the centre of pixel (0, 0); its CPU path has
   * the origin at that pixel's corner.
   */
  #world({ columnSide, rowSide }: ImageShape, x: number, y: number): Types.Point3 {
    const half = this.#onCpu ? 0 : 0.5;
    return [(x - half) * columnSide, (y - half) * rowSide, 0];
  }

  readonly #drawn = (): void => {
    if (!this.#current) return;
    if (!this.#canvasFits()) {
      this.#fitLater();
      return;
    }
    this.#resizings = 0;
    const shape = shapeOf(this.#current.image);
    const [x0, y0] = this.#viewport.worldToCanvas(this.#world(shape, 0, 0));
    const [x1, y1] = this.#viewport.worldToCanvas(this.#world(shape, shape.columns, shape.rows));
    const mapping = {
      scaleX: (x1 - x0) / shape.columns,
      scaleY: (y1 - y0) / shape.rows,
      offsetX: x0,
      offsetY: y0,
    };
    this.#publish({ shown: this.#current, mapping, canvas: this.#size() });
  };

  /** A canvas of another size than its element's is stretched on the screen: boxes would not lie where the lesions are. */
  #canvasFits(): boolean {
    const { canvas } = this.#viewport;
    const { width, height } = this.#deviceSize();
    return Math.abs(canvas.width - width) <= 1 && Math.abs(canvas.height - height) <= 1;
  }

  /** The renderer lets a change of size pass while a drawing is under way. Until it has taken it, nothing is drawn over the image. */
  #fitLater(): void {
    this.#publish({ shown: this.#current, mapping: undefined });
    if (this.#resizings++ < 3) this.resize();
    else setTimeout(() => this.#wish && this.resize(), RESIZE_AGAIN_MS);
  }

  /** One after another, nearest first, until something else is wished for. */
  #fetchAhead(wish: Wish): void {
    const { images, index, signal } = wish;
    const near = Array.from({ length: AHEAD }, (_, i) => [index + i + 1, index - i - 1]).flat();
    this.#ahead = this.#ahead.then(async () => {
      for (const neighbour of near.map((at) => images.at(at))) {
        if (wish !== this.#wish) return;
        // Should it fail, the reader will hear of it when they come there.
        if (neighbour) await this.#source.load(neighbour, { signal, attempts: 1 }).catch(() => undefined);
      }
    });
  }

  #size(): Size {
    return { width: this.#element.clientWidth, height: this.#element.clientHeight };
  }

  #publish(change: Partial<ViewerSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function sameShape(a: ImageShape, b: ImageShape): boolean {
  return a.columns === b.columns && a.rows === b.rows && a.columnSide === b.columnSide && a.rowSide === b.rowSide;
}
