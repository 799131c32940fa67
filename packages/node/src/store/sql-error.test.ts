import { FoveaError } from "@fovea/core/errors";
import { expect, test } from "vitest";
import { SqlError, statementError } from "./sql-error";

test("a statement that the database refuses keeps its SQLSTATE", () => {
  const error = statementError({ message: "duplicate key", sqlState: "23505", constraint: "study_pkey" });
  expect(error).toBeInstanceOf(SqlError);
  expect(error).toMatchObject({ sqlState: "23505", constraint: "study_pkey" });
});

test("a full disk under the database (53100) is a full disk, as it is under the files", () => {
  const error = statementError({ message: "could not extend file", sqlState: "53100" });
  expect(error).toBeInstanceOf(FoveaError);
  expect(error).toMatchObject({ code: "disk_full" });
});
