import { expect, test } from "vitest";
import { NotFiled } from "../pipeline/importer";
import { ServiceReports } from "./service-reports";

test("reports tell which acknowledged file is not filed and why, and no message", () => {
  const lines: object[] = [];
  const reports = new ServiceReports();
  reports.to({ error: (details) => lines.push(details) });
  const cause = new Error("value Curie^Marie is out of range");
  reports.tell(new NotFiled("incoming/ab/ab12", "SQLSTATE 22003", { cause }), "import");
  expect(lines).toEqual([{ where: "import", type: "NotFiled", blob: "incoming/ab/ab12", why: "SQLSTATE 22003" }]);
});
