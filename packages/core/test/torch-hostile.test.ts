/**
 * @file Checkpoints made to do harm, and checkpoints that came to harm.
 */
import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { FoveaError } from "../src/errors";
import { Random } from "../src/math/random";
import { readTorchCheckpoint } from "../src/nn/weights/torch";
import {
  call,
  checkpointFile,
  dict,
  global,
  int,
  list,
  memoized,
  module,
  NONE,
  type Program,
  parameter,
  persistent,
  pickle,
  recalled,
  type TensorOptions,
  tensor,
  text,
  tuple,
} from "./pickle-writer";

const SIX = Float32Array.of(0, 1, 2, 3, 4, 5);
const GOOD = dict({ model: module("Sequential", { parameters: { weight: parameter(tensor([2, 3])) } }) });

/** The error that reading throws; nothing if it reads. Any other exception fails the test, and so does slowness. */
function refusal(bytes: Uint8Array): FoveaError | undefined {
  const started = performance.now();
  try {
    readTorchCheckpoint(bytes, "best.pt");
    return undefined;
  } catch (error) {
    if (error instanceof FoveaError) return error;
    throw error;
  } finally {
    // The worst takes half a second on two shared cores.
    expect(performance.now() - started).toBeLessThan(3000);
  }
}

function outcome(bytes: Uint8Array): string | undefined {
  return refusal(bytes)?.code;
}

function expectRefused(bytes: Uint8Array, message: RegExp): void {
  const error = refusal(bytes);
  expect(error?.message).toMatch(message);
  expect(error?.message).toMatch(/^best\.pt: /);
  expect(error?.message.length).toBeLessThan(500);
  expect(error?.code).toBe("invalid_checkpoint");
}

function file(root: Program): Uint8Array {
  return checkpointFile(pickle(root), { 0: SIX });
}

describe("readTorchCheckpoint refuses a pickle that names", () => {
  test.each([
    ["os", "system"],
    ["posix", "system"],
    ["nt", "system"],
    ["subprocess", "Popen"],
    ["builtins", "eval"],
    ["builtins", "exec"],
    ["__builtin__", "eval"],
    ["builtins", "__import__"],
    ["runpy", "_run_code"],
    ["webbrowser", "open"],
    ["importlib", "import_module"],
    ["torch.hub", "load"],
    ["torch", "load"],
    ["torch.storage", "_load_from_bytes"],
    ["ultralytics.utils", "os"],
    ["ultralytics.utils", "os.system"],
    ["torch.nn.modules.module", "sys"],
    ["torchnn.evil", "System"],
    ["", ""],
  ])("%s.%s, and says which", (moduleName, name) => {
    const bytes = file(dict({ model: call(global(moduleName, name), text("id")) }));
    expectRefused(
      bytes,
      new RegExp(`data\\.pkl, byte \\d+: names the Python global "${moduleName}\\.${name}".*nothing of it was run`),
    );
  });

  test("one by the opcode of protocol 4", () => {
    const stackGlobal = [...text("os"), ...text("system"), 0x93];
    expectRefused(checkpointFile(pickle(call(stackGlobal, text("id")), 4), {}), /"os\.system"/);
  });

  test("one, however long its name", () => {
    expectRefused(file(global("a".repeat(1_000_000), "b")), /names the Python global "a+"/);
  });
});

/** Ten references to the level below, 40 levels: 10^40 values if anybody spelled them out. */
function billionLaughs(): Program {
  let below = memoized(0, list(text("ha")));
  for (let level = 1; level <= 40; level++) {
    const again = Array.from({ length: 9 }, () => recalled(level - 1));
    below = memoized(level, list(below, ...again));
  }
  return below;
}

/** A list that contains itself. */
const LOOP: Program = [...memoized(0, [0x5d]), ...recalled(0), 0x61];

describe("readTorchCheckpoint refuses", () => {
  test.each<[string, Program, RegExp]>([
    ["a billion laughs in the YAML", dict({ model: withYaml(billionLaughs()) }), /yaml: nests or repeats without end/],
    [
      "a billion laughs in the arguments",
      dict({ ...modelOnly(), train_args: dict({ a: billionLaughs() }) }),
      /train_args: nests/,
    ],
    ["a YAML that contains itself", dict({ model: withYaml(LOOP) }), /yaml: nests or repeats without end/],
    ["modules that share modules without end", dict({ model: laughingModules() }), /modules nest without end/],
    ["a module that contains itself", dict({ model: selfModule() }), /modules nest without end/],
    ["a network that is none", dict({ model: int(1) }), /holds no network/],
    ["an optimiser's file", dict({ ema: NONE, model: NONE, optimizer: dict({}) }), /holds no network/],
    ["a network without weights", dict({ model: module("Sequential", {}) }), /without weights/],
    [
      "a parameter that is no tensor",
      dict({ model: module("Conv2d", { parameters: { weight: int(1) } }) }),
      /weight: is no tensor/,
    ],
    ["a parameter of 8-bit floats", dict({ w: floatOf8Bits() }), /w: has a number type other than float64/],
    [
      "a child that is no module",
      dict({ model: module("Sequential", { modules: { "0": int(1) } }) }),
      /0\.: is no PyTorch module/,
    ],
    ["nothing but a number", int(1), /holds no network/],
  ])("%s", (_, root, message) => {
    expectRefused(file(root), message);
  });

  test.each<[string, readonly number[], TensorOptions, RegExp]>([
    ["reaches out of its storage", [7], { count: 6 }, /w: 7 values .* reach out of their storage of 6/],
    ["begins beyond its storage", [1], { offset: 6, count: 6 }, /w: 1 values .* reach out/],
    [
      "strides out of its storage",
      [2, 3],
      { strides: [4, 1], count: 6 },
      /w: 2 x 3 values with strides 4 x 1 .* reach out/,
    ],
    ["has negative strides", [6], { strides: [-1] }, /w: its storage, offset, sizes or strides are none/],
    ["has a negative offset", [6], { offset: -1 }, /w: its storage, offset, sizes or strides are none/],
    ["has a negative size", [-6], { count: 6 }, /w: its storage, offset, sizes or strides are none/],
    ["has more strides than sizes", [6], { strides: [1, 1] }, /w: 1 sizes but 2 strides/],
    ["claims 2^60 values", [2 ** 30, 2 ** 30], { strides: [0, 0], count: 6 }, /w: .* reach out/],
    ["has nine axes", [1, 1, 1, 1, 1, 1, 1, 1, 6], {}, /w: its storage, offset, sizes or strides are none/],
    ["claims a larger storage than there is", [6], { count: 7 }, /w: its storage holds 24 bytes, 28 expected/],
    [
      "claims a smaller storage than there is",
      [6],
      { type: "HalfStorage" },
      /w: its storage holds 24 bytes, 12 expected/,
    ],
    ["names a storage that is missing", [6], { key: "5" }, /best\/data\/5: is missing/],
    ["names a storage outside its folder", [6], { key: "../data.pkl" }, /is missing/],
    ["is of complex numbers", [6], { type: "ComplexFloatStorage" }, /w: its storage is a torch\.ComplexFloatStorage/],
    ["is quantised", [6], { type: "QInt8Storage" }, /w: its storage is a torch\.QInt8Storage/],
  ])("a tensor that %s", (_, sizes, options, message) => {
    expectRefused(file(dict({ w: tensor(sizes, options) })), message);
  });

  test("thousands of tensors that share one storage to fill the memory", () => {
    const one = tensor([50_000]);
    const names = Array.from({ length: 4000 }, (_, i) => `w${i}`);
    const first = memoized(0, one);
    const root = dict(Object.fromEntries(names.map((name, i) => [name, i === 0 ? first : recalled(0)])));
    expectRefused(checkpointFile(pickle(root), { 0: new Float32Array(50_000) }), /hold more values than the file/);
  });

  test.each<[string, Program, RegExp]>([
    ["an unknown opcode", [0xff], /opcode 0xff belongs to no checkpoint/],
    ["an instance by the opcode of protocol 0", [0x28, 0x69, 0x6f, 0x0a, 0x70, 0x0a], /opcode 0x69/],
    ["the extension registry", [0x82, 1], /opcode 0x82/],
    ["a value from an empty stack", [0x52], /takes a value from an empty stack/],
    ["a mark that was never set", [0x74], /goes back to a mark that was never set/],
    ["a memo that was never stored", recalled(3), /recalls memo 3, which was never stored/],
    ["text longer than the file", [0x58, 0xff, 0xff, 0xff, 0x7f], /cut off: 2147483647 bytes wanted/],
    [
      "text of 2^64 - 1 bytes",
      [0x8d, ...new Array<number>(8).fill(0xff)],
      /cut off: 18446744073709552000 bytes wanted/,
    ],
    ["an integer of 2 GB", [0x8b, 0xff, 0xff, 0xff, 0x7f], /an integer of 2147483647 bytes/],
    ["values left over", [...NONE, ...NONE], /values are left over/],
    ["a call of something that is no global", call(int(1)), /calls something that is no global/],
    ["a call without a tuple", [...global("collections", "OrderedDict"), ...NONE, 0x52], /something else than a tuple/],
    [
      "a dict of something else than pairs",
      call(global("collections", "OrderedDict"), list(int(1))),
      /something else than pairs/,
    ],
    ["a set of a number", call(global("__builtin__", "set"), int(1)), /a set of something else than a list/],
    ["an item appended to a number", [...int(1), ...NONE, 0x61], /appends to something else than a list/],
    ["a key set in a list", [0x5d, ...NONE, ...NONE, 0x73], /something else than a dict/],
    ["a key without a value", [0x7d, 0x28, ...NONE, 0x75], /a key without a value/],
    ["a state set in a list", [0x5d, ...NONE, 0x62], /sets the state of something that has none/],
    ["a persistent id that is none", persistent(text("0")), /a persistent id that describes no tensor storage/],
    [
      "a persistent id of minus one value",
      persistent(tuple(text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), int(-1))),
      /a persistent id that describes no tensor storage/,
    ],
  ])("a pickle with %s", (_, program, message) => {
    expectRefused(file(program), message);
  });

  test("a pickle of an unknown protocol", () => {
    expectRefused(checkpointFile(pickle(NONE, 9), {}), /pickle protocol 9/);
  });

  test("a pickle that goes on after its end", () => {
    expectRefused(checkpointFile(Uint8Array.of(...pickle(GOOD), 0x4e), { 0: SIX }), /bytes follow its end/);
  });

  test.each([
    ["dicts", 0x7d],
    ["marks", 0x28],
    ["tuples in tuples", 0x85],
  ])("a pickle of millions of %s", (_, opcode) => {
    const data = new Uint8Array(6_000_000).fill(opcode);
    data.set([0x80, 2, 0x4e]);
    expectRefused(checkpointFile(data, {}), /takes more than 1000000 steps/);
  });

  test("a pickle that copies a long list again and again", () => {
    const long = memoized(0, list(...Array.from({ length: 20_000 }, () => NONE)));
    const copies = Array.from({ length: 2000 }, () => call(global("__builtin__", "set"), recalled(0)));
    expectRefused(file(list(long, ...copies)), /takes more than 1000000 steps/);
  });

  test("nothing of a list nested a million deep but its meaning", () => {
    const data = new Uint8Array(1_000_000).fill(0x85);
    data.set([0x80, 2, 0x4e]);
    data[data.length - 1] = 0x2e;
    expectRefused(checkpointFile(data, {}), /holds no network/);
  });
});

function modelOnly(): Readonly<Record<string, Program>> {
  return { model: module("Conv2d", { parameters: { weight: parameter(tensor([6])) } }) };
}

function withYaml(yaml: Program): Program {
  return module("Conv2d", { parameters: { weight: parameter(tensor([6])) }, attributes: { yaml } });
}

/** What torch.save writes for a tensor of a type without a storage class of its own. */
function floatOf8Bits(): Program {
  const storage = global("torch.storage", "UntypedStorage");
  const id = tuple(text("storage"), storage, text("0"), text("cpu"), int(24));
  const rebuild = global("torch._utils", "_rebuild_tensor_v3");
  return call(
    rebuild,
    persistent(id),
    int(0),
    tuple(int(24)),
    tuple(int(1)),
    NONE,
    NONE,
    global("torch", "float8_e4m3fn"),
  );
}

/** Two references to the module below, 40 levels: 2^40 modules if anybody walked them all. */
function laughingModules(): Program {
  let below = memoized(100, module("Identity", {}));
  for (let level = 101; level < 140; level++) {
    below = memoized(level, module("Sequential", { modules: { a: below, b: recalled(level - 1) } }));
  }
  return below;
}

function selfModule(): Program {
  const object: Program = [...global("torch.nn.modules.container", "Sequential"), ...tuple(), 0x81];
  const state = dict({ _parameters: dict({}), _modules: dict({ again: recalled(0) }) });
  return [...memoized(0, object), ...state, 0x62];
}

describe("readTorchCheckpoint refuses an archive", () => {
  const good = file(GOOD);
  const data = pickle(GOOD);
  /** 5 as float32, 0x40a00000, in the storage. */
  const FIVE = "\x00\x00\xa0\x40";

  test.each<[string, Uint8Array, RegExp]>([
    ["of nothing", new Uint8Array(0), /cut off, or not a PyTorch checkpoint/],
    ["of text", new TextEncoder().encode("<html>404</html>".repeat(10)), /cut off, or not a PyTorch checkpoint/],
    ["that is a bare pickle", data, /a bare pickle, as PyTorch before 1\.6 wrote/],
    ["without data.pkl", zipSync({ "best/version": data }), /0 entries <name>\/data\.pkl, one expected/],
    ["with two of them", zipSync({ "a/data.pkl": data, "b/data.pkl": data }), /2 entries <name>\/data\.pkl/],
    ["of a TorchScript program", zipSync({ "a/data.pkl": data, "a/constants.pkl": data }), /a TorchScript program/],
    [
      "of big-endian numbers",
      zipSync({ "a/data.pkl": data, "a/byteorder": new TextEncoder().encode("big") }),
      /stored "big"-endian/,
    ],
    ["that follows other bytes", Uint8Array.of(0, 0, ...good), /does not fit the file/],
    ["that other bytes follow", Uint8Array.of(...good, 0, 0), /cut off, or not a PyTorch checkpoint/],
    ["whose weights were changed", changed(good, indexOfText(good, FIVE) + 3, 0x41), /does not match its checksum/],
  ])("%s", (_, bytes, message) => {
    expectRefused(bytes, message);
  });

  test("that inflates to many times its size", () => {
    const bomb = zipSync({ "a/data.pkl": new Uint8Array(80_000_000) }, { level: 1 });
    expectRefused(bomb, /claims 80000000 bytes from \d+; weights do not compress like that/);
  });

  test("that inflates to more than it claims", () => {
    const bytes = zipSync({ "a/data.pkl": new Uint8Array(1_000_000) }, { level: 9 });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const central = bytes.length - 22 - 46 - "a/data.pkl".length;
    expect(view.getUint32(central, true)).toBe(0x02014b50);
    view.setUint32(central + 24, 100, true);
    expectRefused(bytes, /a\/data\.pkl: cannot be inflated/);
  });

  test("whose entries share their bytes", () => {
    const bytes = zipSync({ "a/data.pkl": data, "b/evil.pkl": data }, { level: 0 });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const second = bytes.length - 22 - 46 - "b/evil.pkl".length;
    view.setUint32(second + 42, 0, true);
    expectRefused(bytes, /runs past its end in the archive/);
  });

  test("whose directory names an entry differently", () => {
    const bytes = good.slice();
    const local = indexOfText(bytes, "best/data.pkl");
    bytes.set(new TextEncoder().encode("best/fata.pkl"), local);
    expectRefused(bytes, /best\/data\.pkl: has another name in the zip directory/);
  });

  test("encrypted", () => {
    const bytes = good.slice();
    const central = indexOfText(bytes, "PK\x01\x02");
    bytes[central + 8] |= 1;
    expectRefused(bytes, /is encrypted/);
  });
});

/** Where `latin1` stands first in `bytes`. */
function indexOfText(bytes: Uint8Array, latin1: string): number {
  return String.fromCharCode(...bytes).indexOf(latin1);
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

describe("readTorchCheckpoint, given a damaged file,", () => {
  const good = file(GOOD);

  test("reads the undamaged one", () => {
    expect(outcome(good)).toBeUndefined();
  });

  test("refuses it cut off anywhere", () => {
    for (let end = 0; end < good.length; end++) expect(outcome(good.subarray(0, end))).toBe("invalid_checkpoint");
  });

  test("reads it or refuses it with any byte changed", () => {
    const random = new Random(1);
    const codes = new Set<string | undefined>();
    for (let at = 0; at < good.length; at++) {
      for (let i = 0; i < 4; i++) codes.add(outcome(changed(good, at, random.integer(0, 256))));
    }
    expect(codes).toEqual(new Set([undefined, "invalid_checkpoint"]));
  });

  test("reads it or refuses it with any bytes of its pickle changed and the checksum made to fit", () => {
    const random = new Random(2);
    const program = pickle(dict({ model: withYaml(dict({ nc: int(3) })) }));
    const codes = new Set<string | undefined>();
    for (let i = 0; i < 3000; i++) {
      const bad = program.slice();
      for (let change = random.integer(1, 4); change > 0; change--)
        bad[random.integer(0, bad.length)] = random.integer(0, 256);
      codes.add(outcome(checkpointFile(bad, { 0: SIX })));
    }
    expect(codes).toEqual(new Set([undefined, "invalid_checkpoint"]));
  });

  test("reads or refuses random programs", () => {
    const random = new Random(3);
    const opcodes = [
      ...new Set(pickle(GOOD)),
      0x28,
      0x30,
      0x31,
      0x32,
      0x64,
      0x6c,
      0x8f,
      0x90,
      0x91,
      0x92,
      0x93,
      0x94,
      0x85,
      0x86,
      0x87,
    ];
    const codes = new Set<string | undefined>();
    for (let i = 0; i < 3000; i++) {
      const program = Uint8Array.from(
        { length: random.integer(1, 60) },
        () => opcodes[random.integer(0, opcodes.length)],
      );
      codes.add(outcome(checkpointFile(Uint8Array.of(0x80, 2, ...program, 0x2e), { 0: SIX })));
    }
    expect(codes).toEqual(new Set(["invalid_checkpoint"]));
  });
});

describe.skipIf(!sharedAvailable)("readTorchCheckpoint, given a damaged file of the public trainer,", () => {
  const bytes = sharedAvailable ? readFileSync(sharedPath("reference/yolo/yolov8n/model.pt")) : new Uint8Array(0);

  test("refuses it cut off anywhere", () => {
    for (let i = 0; i < 60; i++) {
      expect(outcome(bytes.subarray(0, Math.floor((bytes.length * i) / 60)))).toBe("invalid_checkpoint");
    }
    for (let cut = 1; cut < 120; cut++) {
      expect(outcome(bytes.subarray(0, bytes.length - cut))).toBe("invalid_checkpoint");
    }
  });

  test("reads it or refuses it with any byte changed", () => {
    const random = new Random(4);
    const copy = Uint8Array.from(bytes);
    const codes = new Set<string | undefined>();
    for (let i = 0; i < 60; i++) {
      // Half of the changes in the weights, a quarter each in the pickle and in the directory.
      const low = i % 4 === 0 ? bytes.length - 25_000 : 0;
      const high = i % 4 === 1 ? 92_000 : bytes.length;
      const at = random.integer(low, high);
      copy[at] ^= random.integer(1, 256);
      codes.add(outcome(copy));
      copy[at] = bytes[at];
    }
    expect([...codes].filter((code) => code !== undefined)).toEqual(["invalid_checkpoint"]);
  });
});
