import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { spelled } from "./spelling";

const program = new Command();
program
  .command("look")
  .requiredOption("--source <paths...>")
  .option("--max-det <n>")
  .option("--out <dir>")
  .option("--half [true|false]");
program.command("learn").argument("[arguments...]").option("--close_mosaic <n>");
program.command("show").argument("<model>").option("--json");

const words = (line: string) => spelled(line.split(" "), program).join(" ");

describe("spelled", () => {
  test.each([
    ["look source=a out=b", "look --source=a --out=b"],
    ["look max_det=3 --max_det 4 --max_det=5", "look --max-det=3 --max-det 4 --max-det=5"],
    ["learn --close-mosaic 3 close-mosaic=4", "learn --close_mosaic 3 --close_mosaic=4"],
    ["--debug look half=false --half out=b", "--debug look --half=false --half --out=b"],
    ["show model=m.pt", "show m.pt"],
  ])("puts %s as declared", (written, meant) => {
    expect(words(written)).toBe(meant);
  });

  test.each([
    // What follows an option that wants a value is its value.
    "look --out out=b",
    "look --source source=a",
    // Files may have names like these.
    "look --source a=1.png b=2.png ./out=b",
    "look --source a -- out=b",
    // Refused further on, each with the nearest name.
    "look --sorce a",
    "learn epoch=3",
    "nothing out=b",
    "",
  ])("leaves %s alone", (written) => {
    expect(words(written)).toBe(written);
  });

  test("ends a list of values at the next option of ours", () => {
    expect(words("look --source a b out=c d=e")).toBe("look --source a b --out=c --d e");
  });

  test("makes an option of a name that nobody knows, so that it is refused as one", () => {
    expect(words("look imgs=3")).toBe("look --imgs 3");
  });
});
