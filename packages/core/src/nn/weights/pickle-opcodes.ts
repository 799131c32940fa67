/**
 * @file What each opcode of a pickle does, after Lib/pickletools.py of CPython.
 *
 * Absent on purpose: the text opcodes of protocol 0 but GLOBAL, INST and OBJ of protocol 1, the extension registry, and
 * buffers outside the file. No checkpoint uses them.
 */
import type { PickleMachine } from "./pickle-machine";
import { type PickleValue, PyGlobal, PyObject } from "./pickle-value";

type Opcode = (machine: PickleMachine) => void;

/** Python's containers become ours; anything else called is a record. */
const CONTAINERS = new Map<string, (args: readonly PickleValue[], machine: PickleMachine) => PickleValue>([
  ["collections.OrderedDict", ([pairs = []], m) => mapOf(pairs, m)],
  ["collections.defaultdict", ([, pairs = []], m) => mapOf(pairs, m)],
  ["builtins.set", ([items = []], m) => setOf(items, m)],
  ["builtins.frozenset", ([items = []], m) => setOf(items, m)],
  // Python 2 named the module so, and protocol 2 still does.
  ["__builtin__.set", ([items = []], m) => setOf(items, m)],
  ["__builtin__.frozenset", ([items = []], m) => setOf(items, m)],
]);

function setOf(items: PickleValue, m: PickleMachine): Set<PickleValue> {
  if (!Array.isArray(items)) throw m.fail("makes a set of something else than a list");
  m.spend(items.length);
  return new Set(items);
}

function mapOf(pairs: PickleValue, m: PickleMachine): Map<PickleValue, PickleValue> {
  if (pairs instanceof Map) pairs = [...pairs];
  if (!Array.isArray(pairs)) throw m.fail("makes a dict of something else than pairs");
  m.spend(pairs.length);
  const map = new Map<PickleValue, PickleValue>();
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) throw m.fail("makes a dict of something else than pairs");
    map.set(pair[0], pair[1]);
  }
  return map;
}

function call(m: PickleMachine, callable: PickleValue, args: PickleValue): void {
  if (!(callable instanceof PyGlobal)) throw m.fail("calls something that is no global");
  if (!Array.isArray(args)) throw m.fail(`calls ${callable} with something else than a tuple`);
  const container = CONTAINERS.get(String(callable));
  m.push(container ? container(args, m) : new PyObject(callable, args));
}

function append(m: PickleMachine, items: readonly PickleValue[]): void {
  const list = m.top();
  const target = list instanceof PyObject ? list.items : list;
  if (!Array.isArray(target)) throw m.fail("appends to something else than a list");
  for (const item of items) target.push(item);
}

function fill(m: PickleMachine, map: Map<PickleValue, PickleValue>, items: readonly PickleValue[]): void {
  if (items.length % 2 !== 0) throw m.fail("sets a key without a value");
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
}

function setItems(m: PickleMachine, items: readonly PickleValue[]): void {
  const target = m.top();
  if (target instanceof Map) fill(m, target, items);
  else if (target instanceof PyObject) append(m, items);
  else throw m.fail("sets a key of something else than a dict");
}

function build(m: PickleMachine): void {
  const state = m.pop();
  const object = m.top();
  if (object instanceof PyObject) object.state = state;
  // An OrderedDict's own attributes, PyTorch's `_metadata`, tell nothing that is needed.
  else if (!(object instanceof Map)) throw m.fail("sets the state of something that has none");
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function tuple(m: PickleMachine, length: number): void {
  const items: PickleValue[] = [];
  for (let i = 0; i < length; i++) items.unshift(m.pop());
  m.push(items);
}

export const OPCODES: ReadonlyMap<number, Opcode> = new Map<number, Opcode>([
  // Frame of the program.
  [0x80, (m) => protocol(m)], // PROTO
  [0x95, (m) => void m.u64()], // FRAME: a hint for readers of streams
  // Stack and memo.
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => m.discard()], // POP
  [0x31, (m) => void m.popMark()], // POP_MARK
  [0x32, (m) => m.push(m.top())], // DUP
  [0x71, (m) => m.memoize(m.u8())], // BINPUT
  [0x72, (m) => m.memoize(m.u32())], // LONG_BINPUT
  [0x94, (m) => m.memoize()], // MEMOIZE
  [0x68, (m) => m.recall(m.u8())], // BINGET
  [0x6a, (m) => m.recall(m.u32())], // LONG_BINGET
  // Atoms.
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4a, (m) => m.push(m.i32())], // BININT
  [0x4b, (m) => m.push(m.u8())], // BININT1
  [0x4d, (m) => m.push(m.u16())], // BININT2
  [0x8a, (m) => m.push(m.integer(m.u8()))], // LONG1
  [0x8b, (m) => m.push(m.integer(m.u32()))], // LONG4
  [0x47, (m) => m.push(m.f64())], // BINFLOAT
  [0x8c, (m) => m.push(m.text(m.u8()))], // SHORT_BINUNICODE
  [0x58, (m) => m.push(m.text(m.u32()))], // BINUNICODE
  [0x8d, (m) => m.push(m.text(m.u64()))], // BINUNICODE8
  [0x55, (m) => m.push(latin1(m.bytes(m.u8())))], // SHORT_BINSTRING: Python 2
  [0x54, (m) => m.push(latin1(m.bytes(m.u32())))], // BINSTRING: Python 2
  [0x43, (m) => m.push(m.bytes(m.u8()))], // SHORT_BINBYTES
  [0x42, (m) => m.push(m.bytes(m.u32()))], // BINBYTES
  [0x8e, (m) => m.push(m.bytes(m.u64()))], // BINBYTES8
  [0x96, (m) => m.push(m.bytes(m.u64()))], // BYTEARRAY8
  // Containers.
  [0x29, (m) => m.push([])], // EMPTY_TUPLE
  [0x85, (m) => tuple(m, 1)], // TUPLE1
  [0x86, (m) => tuple(m, 2)], // TUPLE2
  [0x87, (m) => tuple(m, 3)], // TUPLE3
  [0x74, (m) => m.push(m.popMark())], // TUPLE
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x6c, (m) => m.push(m.popMark())], // LIST
  [0x61, (m) => append(m, [m.pop()])], // APPEND
  [0x65, (m) => append(m, m.popMark())], // APPENDS
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x64, (m) => dict(m)], // DICT
  [0x73, (m) => setItem(m)], // SETITEM
  [0x75, (m) => setItems(m, m.popMark())], // SETITEMS
  [0x8f, (m) => m.push(new Set())], // EMPTY_SET
  [0x91, (m) => m.push(new Set(m.popMark()))], // FROZENSET
  [0x90, (m) => addItems(m, m.popMark())], // ADDITEMS
  // Globals, calls, instances: records.
  [0x63, (m) => m.global(m.line(), m.line())], // GLOBAL
  [0x93, (m) => stackGlobal(m)], // STACK_GLOBAL
  [0x52, (m) => reduce(m)], // REDUCE
  [0x81, (m) => reduce(m)], // NEWOBJ
  [0x92, (m) => newObjectWithKeywords(m)], // NEWOBJ_EX
  [0x62, (m) => build(m)], // BUILD
  [0x51, (m) => m.persistent(m.pop())], // BINPERSID
]);

function protocol(m: PickleMachine): void {
  const version = m.u8();
  if (version > 5) throw m.fail(`pickle protocol ${version}; protocols 2 to 5 are read`);
}

function dict(m: PickleMachine): void {
  const map = new Map<PickleValue, PickleValue>();
  fill(m, map, m.popMark());
  m.push(map);
}

function setItem(m: PickleMachine): void {
  const value = m.pop();
  const key = m.pop();
  setItems(m, [key, value]);
}

function addItems(m: PickleMachine, items: readonly PickleValue[]): void {
  const set = m.top();
  if (!(set instanceof Set)) throw m.fail("adds to something else than a set");
  for (const item of items) set.add(item);
}

function stackGlobal(m: PickleMachine): void {
  const name = m.pop();
  m.global(m.pop(), name);
}

function reduce(m: PickleMachine): void {
  const args = m.pop();
  call(m, m.pop(), args);
}

function newObjectWithKeywords(m: PickleMachine): void {
  const keywords = m.pop();
  const args = m.pop();
  if (!Array.isArray(args)) throw m.fail("makes an object with something else than a tuple");
  m.spend(args.length);
  call(m, m.pop(), [...args, keywords]);
}
