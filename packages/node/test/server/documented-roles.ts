/**
 * @file Who may ask for what, as `docs/service.md` promises it: what the service is held to.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Role } from "../../src/config/service-config";

export const ROLES = ["viewer", "reader", "admin", "system"] as const satisfies readonly Role[];

const DOCUMENT = resolve(import.meta.dirname, "../../../../docs/service.md");

/**
 * Roles by `METHOD pattern`; `public`: without a key. A row's first cell names a route, then others by what differs: another
 * method, another path, or another end of the first path.
 *
 * @param routes all there are: they tell what an end belongs to
 * @throws {Error} on a row that names none of them
 */
export function documentedRoles(routes: ReadonlySet<string>): Map<string, "public" | readonly Role[]> {
  const table = readFileSync(DOCUMENT, "utf8").split("| route | what it answers | roles |\n|---|---|---|\n")[1];
  const found = new Map<string, "public" | readonly Role[]>();
  for (const row of table.split("\n\n")[0].split("\n")) {
    const [, cell, , roles] = row.split(/\s*\|\s*/);
    const names = [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, name]) => withAndWithout(name.replace(/\?.*/, "")));
    const [method, first] = names[0].split(" ");
    for (const name of names) {
      const candidates = name.includes(" ")
        ? [name]
        : name.startsWith("/")
          ? [name, first + name, first.replace(/\/[^/]*$/, name)].map((path) => `${method} ${path}`)
          : [`${name} ${first}`];
      const route = candidates.find((one) => routes.has(one));
      if (route === undefined) throw new Error(`docs/service.md: no route ${name}`);
      found.set(route, rolesOf(roles));
    }
  }
  return found;
}

/** `/studies[/:uid]` is two. */
function withAndWithout(name: string): string[] {
  const optional = /^(.*)\[(.*)\]$/.exec(name);
  return optional === null ? [name] : [optional[1], optional[1] + optional[2]];
}

function rolesOf(cell: string): "public" | readonly Role[] {
  if (cell === "public") return cell;
  if (cell === "everybody with a key") return ROLES;
  const roles = cell.split(", ");
  return ROLES.filter((role) => roles.includes(role));
}
