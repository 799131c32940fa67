/**
 * @file Status codes of DIMSE responses (PS3.7 annex C, PS3.4 B.2.3, C.4).
 */
import { type Told, tell } from "@fovea/core/reasons/tell";

export const STATUS = {
  success: 0x0000,
  cancel: 0xfe00,
  pending: 0xff00,
  pendingWithWarning: 0xff01,
  sopClassNotSupported: 0x0122,
  processingFailure: 0x0110,
  duplicateInstance: 0x0111,
  invalidInstance: 0x0117,
  unrecognizedOperation: 0x0211,
  mistypedArgument: 0x0212,
  outOfResources: 0xa700,
  doesNotMatchClass: 0xa900,
  moveDestinationUnknown: 0xa801,
  cannotUnderstand: 0xc000,
} as const;

export function isPending(status: number): boolean {
  return status === STATUS.pending || status === STATUS.pendingWithWarning;
}

/** Warnings of PS3.7 C.1.3 and of services (Bxxx). */
export function isWarning(status: number): boolean {
  return status === 0x0001 || status >>> 12 === 0xb || status === 0x0107 || status === 0x0116;
}

/** Of PS3.7 annex C, what is said of the object itself: attributes and values, class against instance, a SOP Class not taken. */
const OF_THE_OBJECT: ReadonlySet<number> = new Set([
  ...[0x0105, 0x0106, 0x0115, STATUS.invalidInstance, 0x0118, 0x0119, 0x0120, 0x0121, STATUS.sopClassNotSupported],
]);

/**
 * Whether a refusal to store speaks of the object: it would be refused again. Everything else may pass: no room, no permission
 * (0x0124), a fault over there.
 */
export function refusesObject(status: number): boolean {
  const service = status >>> 8;
  return OF_THE_OBJECT.has(status) || service === 0xa9 || status >>> 12 === 0xc;
}

/** As logs and reasons show it. */
export function statusText(status: number): Told {
  return tell("status", { code: hexadecimal(status) });
}

/** `0xA700` */
export function statusNumber(status: number): string {
  return `0x${hexadecimal(status)}`;
}

function hexadecimal(status: number): string {
  return status.toString(16).padStart(4, "0").toUpperCase();
}
