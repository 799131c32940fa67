/**
 * @file PGlite's program, compiled once for all its threads in this process.
 *
 * 9 MB of WebAssembly. What a thread runs often is compiled again, better, and that serves the next thread too: of 0.9 s of
 * processor time that a database takes to open, 0.5 s are left (two shared cores).
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { PGliteOptions } from "@electric-sql/pglite";
import { FoveaError } from "@fovea/core/errors";

/** A compiled module, which threads share. */
export type PgliteProgram = NonNullable<PGliteOptions["pgliteWasmModule"]>;

/** Node has it, its types do not. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<PgliteProgram> };

let program: Promise<PgliteProgram> | undefined;

/** @throws {FoveaError} `database_unavailable` if the program cannot be read */
export function pgliteProgram(): Promise<PgliteProgram> {
  program ??= compiled();
  return program;
}

async function compiled(): Promise<PgliteProgram> {
  try {
    const file = createRequire(import.meta.url).resolve("@electric-sql/pglite/pglite.wasm");
    return await WebAssembly.compile(await readFile(file));
  } catch (cause) {
    program = undefined;
    const message = "the embedded database's program cannot be read; install Fovea anew";
    throw new FoveaError("database_unavailable", message, { cause });
  }
}
