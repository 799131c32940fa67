import { describe, expect, test } from "vitest";
import { commandOf, KEY_BINDINGS, type KeyPress } from "./study-keys";

const press = (key: string, given: Partial<KeyPress> = {}): KeyPress => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...given,
});

describe("commandOf", () => {
  test("knows letters in either case, as with caps lock", () => {
    expect([commandOf(press("a")), commandOf(press("A"))]).toEqual(["accept", "accept"]);
  });

  test("tells Shift where a binding asks for it, and nowhere else", () => {
    expect(commandOf(press("s"))).toBe("series");
    expect(commandOf(press("S", { shiftKey: true }))).toBe("seriesBack");
    expect(commandOf(press("ArrowUp"))).toBe("up");
    expect(commandOf(press("ArrowUp", { shiftKey: true }))).toBe("pan");
    expect(commandOf(press("+", { shiftKey: true }))).toBe("zoomIn");
  });

  test("leaves the browser its own", () => {
    expect(commandOf(press("r", { ctrlKey: true }))).toBeUndefined();
    expect(commandOf(press("a", { metaKey: true }))).toBeUndefined();
    expect(commandOf(press("x"))).toBeUndefined();
  });
});

describe("the table of keys", () => {
  test("gives no key two meanings", () => {
    const meanings = KEY_BINDINGS.flatMap(({ keys, shift = false }) => keys.map((key) => `${shift} ${key}`));
    expect(new Set(meanings).size).toBe(meanings.length);
  });
});
