/**
 * @file Who may ask for what: a line for each route. A route that stands in none does not start.
 */
import type { Role } from "../../config/service-config";

/** `public`: without a key. */
export type Permission = "public" | readonly Role[];

const SEE: Permission = ["viewer", "reader", "admin"];
const READ: Permission = ["reader", "admin"];
const ANALYSE: Permission = ["reader", "admin", "system"];
const MANAGE: Permission = ["admin"];
/** A machine that looks after the service may do it too. */
const MEND: Permission = ["admin", "system"];
const EVERYBODY: Permission = ["viewer", "reader", "admin", "system"];

/** By method and pattern of the route; HEAD goes with GET. */
export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  // The page itself holds no data; it asks for a key and gets everything else with it.
  "GET /": "public",
  "GET /assets/*": "public",
  // Asked by a browser before a page of another origin may; answered only where http.cors_origins names one.
  "OPTIONS *": "public",
  "GET /health/live": "public",
  "GET /health/ready": "public",
  "GET /openapi.json": EVERYBODY,
  "GET /session": EVERYBODY,
  "GET /metrics": MEND,

  "POST /analyze/image": ANALYSE,
  "POST /analyze/batch": ANALYSE,
  "POST /detect": ANALYSE,
  "GET /jobs/:id": ANALYSE,
  "GET /jobs/:id/events": ANALYSE,
  "GET /jobs/:id/results": ANALYSE,
  "DELETE /jobs/:id": ANALYSE,
  "POST /dicom-web/studies": ANALYSE,
  "POST /dicom-web/studies/:uid": ANALYSE,

  "GET /studies": SEE,
  "GET /studies/:uid": SEE,
  "GET /studies/:uid/report": READ,
  "POST /studies/:uid/analyse": MEND,
  "GET /instances/:uid": SEE,
  "GET /instances/:uid/annotated.png": SEE,
  "GET /instances/:uid/frames/:n": SEE,
  "GET /instances/:uid/frames/:n/pixels": SEE,
  "GET /findings": SEE,
  "POST /findings/:id/review": READ,

  "GET /deliveries": READ,
  "POST /deliveries/:id/again": READ,

  "GET /pacs": READ,
  "GET /pacs/retrievals": READ,
  "POST /pacs/:name/again": MANAGE,
  "POST /pacs/:name/echo": MANAGE,
  "POST /pacs/:name/find": READ,
  "POST /pacs/:name/retrieve": READ,

  "GET /models": EVERYBODY,
  "POST /models/load": MANAGE,
  "POST /models/retire": MANAGE,
  "POST /models/default": MANAGE,
  "GET /keys": MANAGE,
  "POST /keys": MANAGE,
  "DELETE /keys/:id": MANAGE,
  "GET /audit": MANAGE,
};

/** @throws {Error} if the table has no such route: a mistake of ours, seen at the start */
export function permissionOf(method: string, pattern: string): Permission {
  const found = PERMISSIONS[`${method === "HEAD" ? "GET" : method} ${pattern}`];
  if (found === undefined) throw new Error(`unreachable: ${method} ${pattern} has no line in the table of permissions`);
  return found;
}
