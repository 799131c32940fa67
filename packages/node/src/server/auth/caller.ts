/**
 * @file Who asks.
 */
import type { Role } from "../../config/service-config";

export interface Caller {
  /** As the audit log has it: `key:ID`, `oidc:SUBJECT`, `local` where nobody is asked. */
  readonly actor: string;
  readonly role: Role;
}

/** Whether a role is shown who the patients are: those who read images and those who manage. */
export function seesPatients({ role }: Caller): boolean {
  return role === "reader" || role === "admin";
}
