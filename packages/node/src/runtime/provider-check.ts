/**
 * @file Which devices ONNX Runtime can really compute on here: each is asked to compute something.
 *
 * A provider's driver may print, hang or end the process, so each is tried in a process of its own
 * (`provider-probe.ts`).
 */

import { execFile } from "node:child_process";
import { forbidTelemetry } from "../no-telemetry";
import { workerEntry } from "../worker-entry";
import { executionProvider } from "./device";

export interface ProviderState {
  /** As `--device` takes it. */
  readonly name: string;
  /** Whether it computed. */
  readonly starts: boolean;
  /** Why it did not. */
  readonly reason?: string;
  /** How to get it. */
  readonly remedy?: string;
}

/** What the process answers on its standard output. */
export type ProbeAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Devices that this build of ONNX Runtime knows. */
async function knownProviders(): Promise<string[]> {
  forbidTelemetry();
  const { listSupportedBackends } = await import("onnxruntime-node");
  return listSupportedBackends().map(({ name }) => name);
}

/** Tries every device that this build knows. */
export async function checkProviders({ timeoutMs = 60_000 } = {}): Promise<ProviderState[]> {
  return Promise.all((await knownProviders()).map((name) => checkProvider(name, timeoutMs)));
}

async function checkProvider(name: string, timeoutMs: number): Promise<ProviderState> {
  const answer = await probe(name, timeoutMs);
  if (answer.ok) return { name, starts: true };
  return { name, starts: false, reason: answer.reason, remedy: executionProvider(name).remedy };
}

function probe(name: string, timeoutMs: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const entry = workerEntry("runtime/provider-probe");
    execFile(process.execPath, [entry, name], { timeout: timeoutMs }, (error, stdout) => {
      const line = stdout.split("\n").findLast((text) => text.startsWith("{"));
      if (line !== undefined) resolve(JSON.parse(line) as ProbeAnswer);
      else if (error?.killed) resolve({ ok: false, reason: `no answer after ${timeoutMs / 1000} s` });
      else resolve({ ok: false, reason: `its process ended (${error?.signal ?? `code ${error?.code ?? 0}`})` });
    });
  });
}
