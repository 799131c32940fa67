/**
 * @file A graph of tensors as an ONNX model.
 */
import { create } from "@bufbuild/protobuf";
import { getTextEncoding } from "@bufbuild/protobuf/wire";
import { ArgumentError } from "../../errors";
import { blockConvolutions } from "../blocked-layout";
import { contentKey } from "../fold";
import type { Attributes, ConstantData, DType, Node, OpType, Shape, Tensor } from "../op";
import { nodesBehind } from "../order";
import { simplify } from "../simplify";
import { int64, scalar } from "../tensor";
import { encodeModel } from "./codec";
import {
  type AttributeProto,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  AttributeProto_AttributeType as Type,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb";

/** Version of the standard operators. */
const OPSET = 18n;
const IR_VERSION = 9n;

const DATA_TYPES: Readonly<Record<DType, DataType>> = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  uint8: DataType.UINT8,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
};

/** Operators whose outputs after the first are left away where nobody reads them; others must list all they have. */
const OPTIONAL: ReadonlySet<OpType> = new Set<OpType>(["MaxPool"]);

/** Operators that are not of the standard's own domain: the domain, and their name there. */
const DOMAINS: { readonly [K in OpType]?: { readonly domain: string; readonly name: string } } = {
  FusedMatMul: { domain: "com.microsoft", name: "FusedMatMul" },
  NchwcConv: { domain: "com.microsoft.nchwc", name: "Conv" },
  QuickGelu: { domain: "com.microsoft", name: "QuickGelu" },
  ReorderInput: { domain: "com.microsoft.nchwc", name: "ReorderInput" },
  ReorderOutput: { domain: "com.microsoft.nchwc", name: "ReorderOutput" },
};

/** Attribute values as ONNX wants them: integers, floats, strings, lists of integers, tensors. */
type Value =
  | { readonly i: number }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly ints: readonly number[] }
  | { readonly t: TensorProto };

/** How an operator is spelled: constants appended to its inputs, and its attributes. */
interface Spelling {
  readonly constants?: readonly (Tensor | null)[];
  readonly attributes?: Readonly<Record<string, Value>>;
}

type Speller<K extends OpType> = (attributes: Attributes[K], node: Node<K>) => Spelling;

const conv = ({ kernel_shape, strides, pads, dilations, group }: Attributes["Conv"]): Spelling => ({
  attributes: {
    kernel_shape: { ints: kernel_shape },
    strides: { ints: strides },
    pads: { ints: pads },
    dilations: { ints: dilations },
    group: { i: group },
  },
});

const axis = (attributes: { readonly axis: number }): Spelling => ({ attributes: { axis: { i: attributes.axis } } });

const reduce = ({ axes, keepdims }: Attributes["ReduceSum"]): Spelling => ({
  constants: [int64(axes)],
  attributes: { keepdims: { i: keepdims } },
});

/** Dimensions of a Reshape: a symbol that stays in place is 0, one that moves is -1. */
function targetShape(shape: Shape, from: Shape): number[] {
  const target = shape.map((dim, i) => (typeof dim === "number" ? dim : from[i] === dim ? 0 : -1));
  if (target.filter((dim) => dim === -1).length > 1) {
    throw new ArgumentError(`Reshape: ${from.join(" x ")} into ${shape.join(" x ")} moves more than one symbol`);
  }
  return target;
}

/** Operators that have attributes, or constants among their inputs. */
const spellers: { readonly [K in OpType]?: Speller<K> } = {
  Cast: ({ to }) => ({ attributes: { to: { i: DATA_TYPES[to] } } }),
  Clip: ({ min, max }) => ({
    constants: [min === undefined ? null : scalar(min), ...(max === undefined ? [] : [scalar(max)])],
  }),
  Concat: axis,
  ConstantOfShape: ({ value }) => ({ attributes: { value: { t: oneValue(value) } } }),
  Conv: conv,
  ConvTranspose: (attributes) => {
    const { attributes: shared } = conv(attributes);
    return { attributes: { ...shared, output_padding: { ints: attributes.output_padding } } };
  },
  DepthToSpace: ({ blocksize }) => ({ attributes: { blocksize: { i: blocksize }, mode: { s: "DCR" } } }),
  FusedMatMul: ({ transA, transB, alpha }) => ({
    attributes: { transA: { i: transA }, transB: { i: transB }, alpha: { f: alpha } },
  }),
  Gather: axis,
  GatherElements: axis,
  GatherND: ({ batch_dims }) => ({ attributes: { batch_dims: { i: batch_dims } } }),
  MaxPool: ({ kernel_shape, strides, pads }) => ({
    attributes: { kernel_shape: { ints: kernel_shape }, strides: { ints: strides }, pads: { ints: pads } },
  }),
  NchwcConv: conv,
  OneHot: (attributes) => ({
    constants: [int64([attributes.depth], []), constantFloats([0, 1])],
    attributes: { axis: { i: attributes.axis } },
  }),
  Pad: ({ pads, value }) => ({ constants: [int64(pads), scalar(value)], attributes: { mode: { s: "constant" } } }),
  Pow: ({ exponent }) => ({ constants: [scalar(exponent)] }),
  QuickGelu: ({ alpha }) => ({ attributes: { alpha: { f: alpha } } }),
  ReduceMax: reduce,
  ReduceMean: reduce,
  ReduceSum: reduce,
  ReorderOutput: ({ channels, channelsLast }) => ({
    attributes: { channels: { i: channels }, channels_last: { i: channelsLast ? 1 : 0 } },
  }),
  Reshape: ({ shape }, { inputs: [x, sizes] }) => ({
    constants: sizes ? [] : [int64(targetShape(shape, x.shape))],
    // Without this a 0 means "as in the input", which is how a symbol that stays is said.
    ...(shape.includes(0) && shape.every((dim) => typeof dim === "number") && { attributes: { allowzero: { i: 1 } } }),
  }),
  Resize: ({ mode, scales }) => ({
    constants: [null, constantFloats([1, 1, ...scales])],
    attributes: {
      mode: { s: mode },
      coordinate_transformation_mode: { s: mode === "nearest" ? "asymmetric" : "half_pixel" },
      nearest_mode: { s: "floor" },
    },
  }),
  ScatterElements: ({ axis: at, reduction }) => ({ attributes: { axis: { i: at }, reduction: { s: reduction } } }),
  ScatterND: ({ reduction }) => ({ attributes: { reduction: { s: reduction } } }),
  Shape: ({ start, end }) => ({ attributes: { start: { i: start }, end: { i: end } } }),
  Slice: ({ axes, starts, ends, steps }) => ({ constants: [int64(starts), int64(ends), int64(axes), int64(steps)] }),
  Softmax: axis,
  SpaceToDepth: ({ blocksize }) => ({ attributes: { blocksize: { i: blocksize } } }),
  Split: ({ axis: at, split }) => ({ constants: [int64(split)], attributes: { axis: { i: at } } }),
  TopK: ({ k }) => ({
    constants: typeof k === "number" ? [int64([k])] : [],
    attributes: { axis: { i: -1 }, largest: { i: 1 }, sorted: { i: 1 } },
  }),
  Transpose: ({ perm }) => ({ attributes: { perm: { ints: perm } } }),
};

function constantFloats(values: readonly number[]): Tensor {
  const data = Float32Array.from(values);
  return { dtype: "float32", shape: [values.length], source: { kind: "constant", data } };
}

/** float32 tensor of one element, as an attribute. */
function oneValue(value: number): TensorProto {
  return create(TensorProtoSchema, { dataType: DataType.FLOAT, dims: [1n], floatData: [value] });
}

function attribute(name: string, value: Value): AttributeProto {
  const proto = create(AttributeProtoSchema, { name });
  if ("i" in value) Object.assign(proto, { type: Type.INT, i: BigInt(value.i) });
  else if ("f" in value) Object.assign(proto, { type: Type.FLOAT, f: value.f });
  else if ("s" in value) Object.assign(proto, { type: Type.STRING, s: getTextEncoding().encodeUtf8(value.s) });
  else if ("t" in value) Object.assign(proto, { type: Type.TENSOR, t: value.t });
  else Object.assign(proto, { type: Type.INTS, ints: value.ints.map(BigInt) });
  return proto;
}

function tensorProto(name: string, { dtype, shape }: Tensor, data: ConstantData): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: DATA_TYPES[dtype],
    dims: shape.map((dim) => BigInt(dim)),
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function valueInfo(name: string, { dtype, shape }: Tensor): ValueInfoProto {
  const dim = shape.map((d) => ({
    value:
      typeof d === "number" ? { case: "dimValue" as const, value: BigInt(d) } : { case: "dimParam" as const, value: d },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType: DATA_TYPES[dtype], shape: { dim } } } },
  });
}

/** Gives every tensor its name and collects what the graph message lists. */
class Writer {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly inputs = new Map<string, Tensor>();
  readonly #nodeNames = new Map<Node, string>();
  readonly #constantNames = new Map<string, string>();
  readonly #dataIds = new Map<ConstantData, number>();
  readonly #reserved: ReadonlyMap<string, string>;

  /** @param reserved names of outputs, by the key of their tensor */
  constructor(reserved: ReadonlyMap<string, string>) {
    this.#reserved = reserved;
  }

  name(x: Tensor): string {
    const { source } = x;
    if (source.kind === "input") {
      this.inputs.set(source.name, x);
      return source.name;
    }
    if (source.kind === "constant") return this.#constant(x, source.data, source.name);
    return (
      this.#reserved.get(outputKey(this.#nodeName(source.node), source.index)) ?? this.#plain(source.node, source.index)
    );
  }

  #plain(node: Node, index: number): string {
    const base = this.#nodeName(node);
    return index === 0 ? base : `${base}.${index}`;
  }

  #nodeName(node: Node): string {
    const known = this.#nodeNames.get(node);
    if (known) return known;
    const name = `${node.op}_${this.#nodeNames.size}`;
    this.#nodeNames.set(node, name);
    return name;
  }

  /** Key under which an output of a graph reserves its name; call in node order before writing. */
  key(x: Tensor): string | undefined {
    return x.source.kind === "node" ? outputKey(this.#nodeName(x.source.node), x.source.index) : undefined;
  }

  #constant(x: Tensor, data: ConstantData, given: string | undefined): string {
    let id: string;
    if (data.length <= 64) id = `${x.dtype}|${x.shape.join()}|${given ?? ""}|${contentKey(data)}`;
    else {
      if (!this.#dataIds.has(data)) this.#dataIds.set(data, this.#dataIds.size);
      id = `${this.#dataIds.get(data)}|${x.dtype}|${x.shape.join()}|${given ?? ""}`;
    }
    const known = this.#constantNames.get(id);
    if (known) return known;
    const name = given ?? `constant_${this.#constantNames.size}`;
    this.#constantNames.set(id, name);
    this.initializers.push(tensorProto(name, x, data));
    return name;
  }

  write(node: Node, used: ReadonlySet<string>): void {
    const speller = spellers[node.op] as Speller<OpType> | undefined;
    const { constants = [], attributes = {} } = speller?.(node.attributes, node) ?? {};
    const inputs = [...node.inputs.map((x) => this.name(x)), ...constants.map((c) => (c ? this.name(c) : ""))];
    const outputs = node.outputs.filter((_, i) => i === 0 || !OPTIONAL.has(node.op) || used.has(this.#plain(node, i)));
    this.nodes.push(
      create(NodeProtoSchema, {
        name: this.#nodeName(node),
        opType: DOMAINS[node.op]?.name ?? node.op,
        domain: DOMAINS[node.op]?.domain ?? "",
        input: inputs,
        output: outputs.map((x) => this.name(x)),
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      }),
    );
  }
}

const outputKey = (nodeName: string, index: number) => `${nodeName}#${index}`;

export interface ModelOptions {
  /** Name of the graph. @default "fovea" */
  readonly name?: string;
  /** Inputs that the model must list even where no output depends on them. @default none */
  readonly inputs?: readonly Tensor[];
  /**
   * Channels in a block of ONNX Runtime's own convolution layout on this processor (`blocked-layout.ts`); 1 keeps to
   * the standard layout, which every engine reads. @default 1
   */
  readonly lanes?: number;
  /** Key and value pairs stored with the model. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * An ONNX model with the given outputs, simplified, its nodes in the order of dependence.
 *
 * @throws {ArgumentError} if a Reshape moves more than one symbolic dimension, which ONNX cannot say
 */
export function toModel(outputs: Readonly<Record<string, Tensor>>, options: ModelOptions = {}): ModelProto {
  const portable = simplify(Object.values(outputs));
  const { lanes = 1 } = options;
  const simplified = lanes > 1 ? simplify(blockConvolutions(portable, lanes)) : portable;
  return toModelAsBuilt(Object.fromEntries(Object.keys(outputs).map((name, i) => [name, simplified[i]])), options);
}

/** The same with every node as it was built. */
export function toModelAsBuilt(
  outputs: Readonly<Record<string, Tensor>>,
  { name = "fovea", inputs = [], metadata = {} }: ModelOptions = {},
): ModelProto {
  const names = Object.keys(outputs);
  const values = Object.values(outputs);
  const nodes = nodesBehind(values);
  const reserved = new Map<string, string>();
  const writer = new Writer(reserved);
  for (const node of nodes) writer.key(node.outputs[0]);
  const aliases: [string, Tensor][] = [];
  values.forEach((x, i) => {
    const key = writer.key(x);
    // One value under two names, or a value that no node makes: an Identity gives it its name.
    if (key === undefined || reserved.has(key)) aliases.push([names[i], x]);
    else reserved.set(key, names[i]);
  });
  for (const x of inputs) writer.name(x);
  const used = secondaryOutputs(nodes, values, writer);
  for (const node of nodes) writer.write(node, used);
  for (const [alias, x] of aliases) {
    const input = [writer.name(x)];
    // An input or constant that is an output under its own name needs no node.
    if (input[0] === alias) continue;
    writer.nodes.push(create(NodeProtoSchema, { name: alias, opType: "Identity", input, output: [alias] }));
  }
  return create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "fovea",
    opsetImport: [{ domain: "", version: OPSET }, ...extraDomains(nodes).map((domain) => ({ domain, version: 1n }))],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name,
      node: writer.nodes,
      initializer: writer.initializers,
      input: [...writer.inputs].map(([inputName, x]) => valueInfo(inputName, x)),
      output: values.map((x, i) => valueInfo(names[i], x)),
    },
  });
}

function extraDomains(nodes: readonly Node[]): string[] {
  const domains = new Set(nodes.map((node) => DOMAINS[node.op]?.domain));
  return [...domains].filter((domain) => domain !== undefined);
}

/** Plain names of outputs after the first that somebody reads. */
function secondaryOutputs(nodes: readonly Node[], outputs: readonly Tensor[], writer: Writer): Set<string> {
  const used = new Set<string>();
  const mark = ({ source }: Tensor) => {
    if (source.kind === "node" && source.index > 0) {
      const key = writer.key(source.node.outputs[0])!;
      used.add(`${key.slice(0, key.lastIndexOf("#"))}.${source.index}`);
    }
  };
  for (const node of nodes) node.inputs.forEach(mark);
  outputs.forEach(mark);
  return used;
}

/** Bytes of the model, ready for a runtime or a file. */
export function toModelBytes(
  outputs: Readonly<Record<string, Tensor>>,
  options: ModelOptions = {},
): Uint8Array<ArrayBuffer> {
  return encodeModel(toModel(outputs, options));
}
