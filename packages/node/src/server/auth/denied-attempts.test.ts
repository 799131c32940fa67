import { describe, expect, test } from "vitest";
import type { AuditEntry } from "../../store/record";
import { DeniedAttempts } from "./denied-attempts";

const attempt = { actor: "unknown", reason: "credentials", route: "GET /studies", from: "10.0.0.1" } as const;

describe("denied attempts", () => {
  test("are written once in a window each, and the left out counted in the next entry", () => {
    let now = 0;
    const entries: AuditEntry[] = [];
    const denied = new DeniedAttempts((entry) => void entries.push(entry), { now: () => now });
    for (let i = 0; i < 5; i++) denied.tell(attempt);
    denied.tell({ ...attempt, actor: "key:a", reason: "role" });
    now = 60_000;
    denied.tell(attempt);
    expect(entries).toEqual([
      {
        actor: "unknown",
        action: "access.denied",
        details: { reason: "credentials", route: "GET /studies", from: "10.0.0.1" },
      },
      {
        actor: "key:a",
        action: "access.denied",
        details: { reason: "role", route: "GET /studies", from: "10.0.0.1", further: 4 },
      },
      {
        actor: "unknown",
        action: "access.denied",
        details: { reason: "credentials", route: "GET /studies", from: "10.0.0.1" },
      },
    ]);
  });

  test("from everywhere at once do not fill the record", () => {
    const entries: AuditEntry[] = [];
    const denied = new DeniedAttempts((entry) => void entries.push(entry), { most: 3, now: () => 0 });
    for (let i = 0; i < 1000; i++) denied.tell({ ...attempt, from: `10.0.${i >> 8}.${i & 255}` });
    expect(entries.map(({ details }) => details?.from)).toEqual(["10.0.0.0", "10.0.0.1", "10.0.0.2"]);
  });
});
