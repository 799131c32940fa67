/**
 * @file What a pickle is read into: plain values and inert records.
 *
 * Python's tuples and lists are both arrays, its dicts are Maps.
 */

/** Something that Python would import: `collections.OrderedDict`. Inert. */
export class PyGlobal {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  toString(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What Python would get by calling or instantiating `callable`. Inert. */
export class PyObject {
  readonly callable: PyGlobal;
  readonly args: readonly PickleValue[];
  /** What `__setstate__` would be given, as a rule a Map of the attributes. */
  state: PickleValue = null;
  /** What a subclass of list or dict was filled with: items, or keys and values in turn. */
  readonly items: PickleValue[] = [];

  constructor(callable: PyGlobal, args: readonly PickleValue[]) {
    this.callable = callable;
    this.args = args;
  }
}

/** Data kept outside the pickle, as `PickleOptions.persistent` made it from its id. */
export class PyPersistent {
  readonly key: string;
  /** Class of the storage, `torch.HalfStorage`. */
  readonly type: PyGlobal;
  /** Number of elements. */
  readonly count: number;

  constructor(key: string, type: PyGlobal, count: number) {
    this.key = key;
    this.type = type;
    this.count = count;
  }
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PyGlobal
  | PyObject
  | PyPersistent;
