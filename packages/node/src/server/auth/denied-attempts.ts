/**
 * @file Who was not let in, in the audit log: credentials that are not good, and callers who asked for what their role may not.
 *
 * Anybody can make such attempts, so few of them are written: the same one once in a window, and so many in all. Those that are
 * left out are counted in the next entry.
 */
import type { AuditEntry } from "../../store/record";

export interface DeniedAttempt {
  /** As the audit names callers; `unknown` where the credentials say nothing that could be believed. */
  readonly actor: string;
  readonly reason: "credentials" | "role";
  /** Method and pattern: no address, no identifier. */
  readonly route: string;
  /** Of the network. */
  readonly from: string;
}

export interface DeniedAttemptsOptions {
  /** Entries of a window. @default 30 */
  readonly most?: number;
  /** @default 60000 */
  readonly windowMs?: number;
  /** @default Date.now */
  readonly now?: () => number;
}

export class DeniedAttempts {
  readonly #write: (entry: AuditEntry) => void;
  readonly #most: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #told = new Set<string>();
  #until = 0;
  #leftOut = 0;

  constructor(
    write: (entry: AuditEntry) => void,
    { most = 30, windowMs = 60_000, now = Date.now }: DeniedAttemptsOptions = {},
  ) {
    this.#write = write;
    this.#most = most;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  tell({ actor, reason, route, from }: DeniedAttempt): void {
    if (this.#now() >= this.#until) {
      this.#told.clear();
      this.#until = this.#now() + this.#windowMs;
    }
    const what = JSON.stringify([actor, reason, route, from]);
    if (this.#told.has(what) || this.#told.size >= this.#most) {
      this.#leftOut++;
      return;
    }
    this.#told.add(what);
    const further = this.#leftOut;
    this.#leftOut = 0;
    this.#write({
      actor,
      action: "access.denied",
      details: { reason, route, from, ...(further > 0 && { further }) },
    });
  }
}
