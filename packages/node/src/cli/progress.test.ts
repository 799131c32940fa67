import { describe, expect, test } from "vitest";
import { bar, duration, Progress, type Terminal, workLine } from "./progress";

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

  test("breaks prose at its width, and what belongs to a word below that", () => {
    const terminal = new Recorder(true);
    const progress = new Progress(terminal, () => 0);
    progress.say("one two three");
    expect(terminal.text).toBe("one two\nthree\n");
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
  test("leaves prose in one line, whatever its length", () => {
    const terminal = new Recorder(false);
    const progress = new Progress(terminal, () => 0);
    progress.field("Model", "yolov8n, 3 classes");
    progress.say("a b c d e f g h");
    expect(terminal.text).toBe("Model    yolov8n, 3 classes\na b c d e f g h\n");
  });

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

describe("workLine", () => {
  test("tells how much is done, how fast, and how long it takes yet", () => {
    // 10 of 40 in 5 s: two a second, and 30 more take 15 s. A quarter of 24 characters is 6.
    const drawn = `${"━".repeat(6)}${"─".repeat(18)}`;
    expect(workLine("drawing", 10, 40, 5)).toBe(`drawing ${drawn} 10/40  2.0/s  0:15 left`);
  });

  test("fits into a terminal of 80 columns with the largest numbers to be met", () => {
    expect(workLine("measuring batches", 12345, 123456, 1000).length).toBeLessThan(80);
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
