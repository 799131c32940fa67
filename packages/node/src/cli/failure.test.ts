import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { failure } from "./failure";

describe("failure", () => {
  test("tells an error of ours in one line, with its code", () => {
    const error = new FoveaError("invalid_label", "9 columns, wanted 5", { file: "a.txt", at: "line 3" });
    expect(failure(error)).toEqual({
      message: "fovea: a.txt: line 3: 9 columns, wanted 5 [invalid_label]",
      exitCode: 1,
    });
  });

  test("returns 2 for a wrong argument and 130 for an interruption", () => {
    expect(failure(new ArgumentError("epochs: got x")).exitCode).toBe(2);
    expect(failure(new FoveaError("unknown_argument", "epoch")).exitCode).toBe(2);
    expect(failure(new FoveaError("interrupted", "by the user")).exitCode).toBe(130);
  });

  test("shows the stack and every cause where asked to, and only there", () => {
    const error = new FoveaError("write_failed", "no", { cause: new TypeError("inner", { cause: "innermost" }) });
    expect(failure(error).message).not.toContain("inner");
    const { message } = failure(error, { debug: true });
    expect(message).toMatch(/^fovea: no \[write_failed\]\n.*at .*failure\.test/s);
    expect(message).toMatch(/caused by TypeError: inner\n.*caused by innermost$/s);
  });

  test("calls a bug unexpected and tells what to do", () => {
    expect(failure(new TypeError("x is undefined"))).toEqual({
      message:
        "fovea: unexpected TypeError: x is undefined; run it again with --debug and report what it prints [unexpected]",
      exitCode: 1,
    });
    expect(failure("text", { debug: true })).toEqual({
      message: "fovea: unexpected text [unexpected]\ntext",
      exitCode: 1,
    });
  });

  test("puts what commander says into the same form", () => {
    const unknown = new CommanderError(
      1,
      "commander.unknownOption",
      "error: unknown option '--ep'\n(Did you mean --epochs?)",
    );
    expect(failure(unknown)).toEqual({
      message: "fovea: unknown option '--ep', did you mean --epochs? [unknown_argument]",
      exitCode: 2,
    });
    const missing = new CommanderError(1, "commander.missingMandatoryOptionValue", "error: required option '--model'");
    expect(failure(missing)).toEqual({ message: "fovea: required option '--model' [invalid_argument]", exitCode: 2 });
  });

  test("says nothing after help and version", () => {
    expect(failure(new CommanderError(0, "commander.helpDisplayed", "(outputHelp)"))).toEqual({
      message: "",
      exitCode: 0,
    });
    expect(failure(new CommanderError(0, "commander.version", "0.1.0"))).toEqual({ message: "", exitCode: 0 });
  });
});
