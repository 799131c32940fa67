import { create, equals, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { FoveaError } from "../../errors";
import { decodeModel, encodeModel } from "./codec";
import {
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from "./generated/onnx_pb";

function tensor(name: string, rawData: Uint8Array): TensorProto {
  const dims = [BigInt(rawData.length / 4)];
  return create(TensorProtoSchema, { name, dims, dataType: TensorProto_DataType.FLOAT, rawData });
}

function model(initializer: TensorProto[]): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "fovea",
    opsetImport: [{ domain: "", version: 17n }],
    metadataProps: [{ key: "names", value: "{0: '结节'}" }],
    graph: {
      name: "g",
      node: [{ opType: "Add", input: ["x", "w"], output: ["y"], attribute: [{ name: "axis", i: -1n }] }],
      initializer,
    },
  });
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof FoveaError) return error.code;
    throw error;
  }
  return undefined;
}

describe("encodeModel", () => {
  // Protobuf encoding: tag = field << 3 | wire type. ir_version is field 1 (08), graph 7 (3a), in it name 2 (12) and
  // initializer 5 (2a), in that dims 1 (08), data_type 2 (10), name 8 (42), raw_data 9 (4a).
  test("writes the bytes that the protobuf encoding prescribes", () => {
    const small = create(ModelProtoSchema, {
      irVersion: 8n,
      graph: { name: "g", initializer: [tensor("w", Uint8Array.of(1, 2, 3, 4))] },
    });
    const initializer = [0x08, 1, 0x10, 1, 0x42, 1, 0x77, 0x4a, 4, 1, 2, 3, 4];
    const graph = [0x12, 1, 0x67, 0x2a, initializer.length, ...initializer];
    expect([...encodeModel(small)]).toEqual([0x08, 8, 0x3a, graph.length, ...graph]);
  });

  test("says the same as the general writer of the protobuf library", () => {
    const original = model([tensor("a", new Uint8Array(300).fill(7)), tensor("b", new Uint8Array(0))]);
    const read = decodeModel(toBinary(ModelProtoSchema, original));
    expect(equals(ModelProtoSchema, decodeModel(encodeModel(original)), read)).toBe(true);
    expect(equals(ModelProtoSchema, read, original)).toBe(true);
  });

  test("keeps fields that this version of the format does not know", () => {
    const original = model([tensor("a", new Uint8Array(4))]);
    original.$unknown = [{ no: 900, wireType: 0, data: Uint8Array.of(5) }];
    const read = decodeModel(encodeModel(original));
    expect(read.$unknown?.map(({ no, data }) => [no, ...data])).toEqual([[900, 5]]);
  });

  test("takes a tensor of 120 MB there and back, byte for byte, reading it without a copy", () => {
    const rawData = new Uint8Array(120_000_000);
    const words = new Uint32Array(rawData.buffer);
    for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b1);

    const started = performance.now();
    const bytes = encodeModel(model([tensor("big", rawData)]));
    const read = decodeModel(bytes);
    // 0.3 s on two shared cores, nearly all of it fresh memory.
    expect(performance.now() - started).toBeLessThan(2000);

    const back = read.graph?.initializer[0].rawData as Uint8Array;
    expect(back.buffer).toBe(bytes.buffer);
    expect(back.length).toBe(rawData.length);
    expect(bytes.length - rawData.length).toBeLessThan(200);
    const aligned = new Uint32Array(back.slice().buffer);
    let different = 0;
    for (let i = 0; i < words.length; i++) if (words[i] !== aligned[i]) different++;
    expect(different).toBe(0);
  });

  test("refuses a model above 2 GiB before it takes memory for it", () => {
    const shared = new Uint8Array(100_000_000);
    const huge = model(Array.from({ length: 22 }, (_, i) => tensor(`w${i}`, shared)));
    expect(() => encodeModel(huge)).toThrow(/2\.20 GB.*at most 2\.15 GB/);
    expect(codeOf(() => encodeModel(huge))).toBe("invalid_onnx");
  });
});

describe("decodeModel", () => {
  test.each([
    ["nothing", new Uint8Array(0)],
    ["text", new TextEncoder().encode("<!DOCTYPE html><html></html>")],
    ["a model without a graph", Uint8Array.of(0x08, 8)],
    ["a graph cut off", Uint8Array.of(0x08, 8, 0x3a, 50, 0x12, 1, 0x67)],
  ])("refuses %s and names the file", (_, bytes) => {
    expect(codeOf(() => decodeModel(bytes, "m.onnx"))).toBe("invalid_onnx");
    expect(() => decodeModel(bytes, "m.onnx")).toThrow(/^m\.onnx: not an ONNX model/);
  });

  test("refuses graphs nested without end", () => {
    // An attribute's graph (field 6 of AttributeProto, in field 5 of NodeProto, in field 1 of GraphProto), 200 times.
    let graph: number[] = [];
    const field = (tag: number, body: number[]) => {
      const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
      return [tag, ...length, ...body];
    };
    for (let depth = 0; depth < 200; depth++) graph = field(0x0a, field(0x2a, field(0x32, graph)));
    expect(codeOf(() => decodeModel(Uint8Array.from(field(0x3a, graph))))).toBe("invalid_onnx");
  });

  test("either reads a damaged file or says that it is damaged", () => {
    const good = encodeModel(model([tensor("a", new Uint8Array(40).fill(1))]));
    for (let end = 0; end < good.length; end++) {
      expect([undefined, "invalid_onnx"]).toContain(codeOf(() => decodeModel(good.subarray(0, end))));
    }
    for (let at = 0; at < good.length; at++) {
      for (const flip of [1, 4, 0x80, 0xff]) {
        const bad = good.slice();
        bad[at] ^= flip;
        expect([undefined, "invalid_onnx"]).toContain(codeOf(() => decodeModel(bad)));
      }
    }
  });
});
