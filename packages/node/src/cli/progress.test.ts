import { describe, expect, test } from "vitest";
import { bar, duration, Progress, type Terminal } from "./progress";

/** Keeps what is written. */
class Recorder implements Terminal {
  readonly columns = 10;
  readonly isTTY: boolean;
  text = "";
  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
}

const CLEAR = "\r\x1b[2K";

describe("Progress on a terminal", () => {
  test("redraws one line, cut to the terminal's width", () => {
    const terminal = new Recorder(true);
    let now = 0;
    const progress = new Progress(terminal, () => now);
    progress.show("0123456789abc");
    now = 1000;
    progress.show("next");
    expect(terminal.text).toBe(`${CLEAR}012345678${CLEAR}next`);
  });

  test("leaves out what comes too soon to be seen", () => {
    const terminal = new Recorder(true);
    let now = 0;
    const progress = new Progress(terminal, () => now);
    progress.show("a");
    now = 10;
    progress.show("b");
    expect(terminal.text).toBe(`${CLEAR}a`);
  });

  test("puts lines that stay in its place, and clears once", () => {
    const terminal = new Recorder(true);
    const progress = new Progress(terminal, () => 0);
    progress.show("a");
    progress.print("done");
    progress.clear();
    expect(terminal.text).toBe(`${CLEAR}a${CLEAR}done\n`);
  });
});

describe("Progress elsewhere", () => {
  test("writes the lines that stay and no control characters", () => {
    const terminal = new Recorder(false);
    const progress = new Progress(terminal, () => 0);
    progress.show("a");
    progress.print("done");
    progress.print();
    progress.clear();
    expect(terminal.text).toBe("done\n\n");
  });
});

describe("bar", () => {
  test.each([
    [0, "────"],
    // One eighth of four characters is half a character.
    [0.125, "╸───"],
    [0.5, "━━──"],
    [1, "━━━━"],
    [2, "━━━━"],
    [-1, "────"],
  ])("of %d", (share, drawn) => {
    expect(bar(share, 4)).toBe(drawn);
  });
});

describe("duration", () => {
  test.each([
    [0, "0:00"],
    [59.6, "1:00"],
    [61, "1:01"],
    [3599, "59:59"],
    [3661, "1:01:01"],
    [-3, "0:00"],
    [Number.POSITIVE_INFINITY, "-:--"],
    [Number.NaN, "-:--"],
  ])("of %d s is %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
