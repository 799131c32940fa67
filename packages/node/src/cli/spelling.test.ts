import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { spelled } from "./spelling";

const program = new Command().option("--debug").version("1", "-V, --version");
program
  .command("look")
  .requiredOption("--source <paths...>")
  .option("--max-det <n>")
  .option("--out <dir>")
  .option("--half [true|false]");
program.command("learn").argument("[arguments...]").option("--close_mosaic <n>");
program.command("show").argument("<model>").option("--json");
program.command("data").command("split").argument("<data>").option("--out-dir <dir>");

const words = (line: string) => spelled(line.split(" "), program).join(" ");

describe("spelled", () => {
  test.each([
    ["look source=a out=b", "look --source=a --out=b"],
    ["look max_det=3 --max_det 4 --max_det=5", "look --max-det=3 --max-det 4 --max-det=5"],
    ["learn --close-mosaic 3 close-mosaic=4", "learn --close_mosaic 3 --close_mosaic=4"],
    ["--debug look half=false --half out=b", "--debug look --half=false --half --out=b"],
    ["show model=m.pt", "show m.pt"],
    ["data split set.json out_dir=b", "data split set.json --out-dir=b"],
    ["--debug data split data=set.json --out_dir b", "--debug data split set.json --out-dir b"],
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
    "look --sorce a --help",
    // Refused further on, with the nearest name of more than the options.
    "learn epoch=3",
    "nothing out=b",
    "",
  ])("leaves %s alone", (written) => {
    expect(words(written)).toBe(written);
  });

  test("ends a list of values at the next option of ours", () => {
    expect(words("look --source a b out=c")).toBe("look --source a b --out=c");
  });

  test.each([
    ["look --sorce a", "unknown option '--sorce', did you mean --source?"],
    ["look --outt=3", "unknown option '--outt', did you mean --out?"],
    ["look -out a", "unknown option '-out', did you mean --out?"],
    ["look hlf=3", "unknown option 'hlf', did you mean --half?"],
    ["learn --zzz", "unknown option '--zzz'; --help lists all"],
  ])("refuses %s", (written, message) => {
    expect(() => words(written)).toThrow(expect.objectContaining({ code: "unknown_argument", message }));
  });

  test("refuses a value where none is taken", () => {
    expect(() => words("show m.pt json=true")).toThrow("option '--json' takes no value, got true");
  });
});
