/**
 * @file Modalities that send studies one after another, by C-STORE or STOW-RS: what was not acknowledged is sent again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { dicomWebPeer } from "@fovea/node/pacs/dicom-web-peer";
import { dimsePeer } from "@fovea/node/pacs/dimse-peer";
import type { OutgoingObject, PacsPeer } from "@fovea/node/pacs/peer";
import { ctFile, dataSetOf } from "../../packages/node/test/pacs/memory-sink";

export interface ModalitiesOptions {
  readonly port: number;
  readonly dimsePort: number;
  /** Of each study, in two series. */
  readonly instances: number;
  /** Edge of an image, px. */
  readonly size: number;
  /** Whether another study may come now: no more is sent than is worked off. */
  readonly mayBegin: () => boolean;
}

export class Modalities {
  /** Data sets by SOP instance UID. */
  readonly acknowledged = new Map<string, Uint8Array>();
  studies = 0;
  readonly #options: ModalitiesOptions;
  readonly #running: Promise<void>[] = [];
  #sending = 0;
  #stopped = false;

  constructor(options: ModalitiesOptions) {
    this.#options = options;
  }

  /** Whether objects are under way that are not answered yet. */
  get isSending(): boolean {
    return this.#sending > 0;
  }

  /** Two that speak DIMSE, one that speaks DICOMweb. */
  start(): void {
    const { port, dimsePort } = this.#options;
    const dimse = { host: "127.0.0.1", port: dimsePort, aeTitle: "FOVEA", callingAe: "MODALITY" };
    const dicomWeb = { url: `http://127.0.0.1:${port}/dicom-web` };
    for (let i = 0; i < 2; i++) this.#running.push(this.#run(dimsePeer({ name: "service", send: [], dimse })));
    this.#running.push(this.#run(dicomWebPeer({ name: "service", send: [], dicomWeb })));
  }

  /** Finishes the studies that were begun. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #run(peer: PacsPeer): Promise<void> {
    while (!this.#stopped) {
      if (this.#options.mayBegin()) await this.#sendStudy(peer, ++this.studies);
      else await sleep(50);
    }
  }

  async #sendStudy(peer: PacsPeer, study: number): Promise<void> {
    const { instances, size } = this.#options;
    const files = await Promise.all(
      Array.from({ length: instances }, (_, i) => ctFile(i + 1, { study, size, series: 1 + (i % 2) })),
    );
    for (let waiting: readonly OutgoingObject[] = files; waiting.length > 0; ) {
      this.#sending++;
      const outcomes = await peer.send(waiting).finally(() => this.#sending--);
      outcomes.forEach(({ state }, i) => {
        if (state === "stored") this.acknowledged.set(waiting[i].sopUid, dataSetOf(waiting[i].bytes));
      });
      waiting = waiting.filter(({ sopUid }) => !this.acknowledged.has(sopUid));
      if (waiting.length > 0) await sleep(100);
    }
  }
}
