import { ARGUMENT_GROUPS, ARGUMENT_NAMES, TRAINING_ARGUMENTS } from "@fovea/core/recipe/argument-table";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { register } from "./train";

function help(): string {
  const program = new Command().configureHelp({ helpWidth: 200 });
  register(program);
  return program.commands[0].configureHelp({ helpWidth: 200 }).helpInformation();
}

describe("fovea train --help", () => {
  test("tells each argument's meaning and default", () => {
    const text = help();
    for (const name of ARGUMENT_NAMES) {
      const { meaning, default: value } = TRAINING_ARGUMENTS[name];
      const line = text.split("\n").find((candidate) => candidate.includes(`--${name} `));
      expect(line, name).toContain(meaning);
      expect(line, name).toContain(`(default: ${value ?? "none"})`);
    }
    for (const heading of ARGUMENT_GROUPS) expect(text).toContain(`\n${heading}:\n`);
  });
});
