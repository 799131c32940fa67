/**
 * @file A pickle machine that builds plain values and runs nothing.
 *
 * Python's pickle is a program for a stack machine that may import and call anything. This one knows protocols 2 to 5 as
 * far as data uses them (Lib/pickletools.py documents every opcode). A global becomes the record `PyGlobal` and is
 * never looked up; calling or instantiating one becomes the record `PyObject`; only Python's own containers become
 * Map, Set and array. Tuples and lists are both arrays.
 *
 * The program is hostile until shown otherwise: every read is bounded by the file, every length by what is left of it,
 * opcodes are counted. Values may still share parts and contain themselves; who walks them must count too (`plainJson`).
 */
import { PickleMachine, type PickleOptions } from "./pickle-machine";
import { OPCODES } from "./pickle-opcodes";
import type { PickleValue } from "./pickle-value";

const STOP = 0x2e;

/**
 * Value of a pickle.
 *
 * @throws {FoveaError} `invalid_checkpoint` if it is cut off, breaks the protocol, names a global that is not allowed or
 * exceeds a limit
 */
export function readPickle(bytes: Uint8Array, options: PickleOptions): PickleValue {
  const machine = new PickleMachine(bytes, options);
  for (;;) {
    const opcode = machine.u8();
    if (opcode === STOP) return machine.finish();
    const action = OPCODES.get(opcode);
    if (!action) throw machine.fail(`opcode 0x${opcode.toString(16).padStart(2, "0")} belongs to no checkpoint`);
    machine.spend(1);
    action(machine);
  }
}
