import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dicomBytes, greyElements } from "../../../core/test/dicom-bytes";
import { PoolMaterial, picture } from "../../test/pool-material";
import { readModel } from "./read-model";

let material: PoolMaterial;
beforeEach(async () => {
  material = await PoolMaterial.make();
});
afterEach(() => material.remove());

const png = await picture();
const request = { bytes: png, filename: "a.png" };
const failure = (code: string) => expect.objectContaining({ code });
const named = (name: string) => ({ metadata: { names: `{0: '${name}'}`, stride: "32" } });

describe("the models of a pool", () => {
  test("are known by name, content and a UID that follows from it", async () => {
    const file = await material.model("chest.onnx");
    const pool = await material.pool({ models: [{ file }] });
    const sha256 = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    const [model] = pool.models.list();
    expect(model).toMatchObject({
      ...{ modelId: `chest@${sha256.slice(0, 12)}`, name: "chest", sha256, state: "ready" },
      ...{ classes: ["bright"], defaultFor: ["*"] },
    });
    // PS3.5 B.2: 2.25 and a UUID as one decimal number; RFC 9562: version 8, variant 10.
    const uuid = BigInt(model.deviceUid.replace(/^2\.25\./, ""));
    expect((uuid >> 76n) & 0xfn).toBe(8n);
    expect((uuid >> 62n) & 0x3n).toBe(2n);
    expect(uuid >> 80n).toBe(BigInt(`0x${sha256.slice(0, 12)}`));
    expect((await pool.analyse(request)).model.modelId).toBe(model.modelId);
  });

  test("are chosen by name, by version, or by the image's modality", async () => {
    const [chest, head] = [await material.model("chest.onnx"), await material.model("head.onnx", named("bleeding"))];
    const pool = await material.pool({ models: [{ file: chest }, { file: head, name: "brain", modalities: ["CT"] }] });
    const [{ modelId: chestId }, { modelId: brainId }] = pool.models.list();
    const scan = {
      bytes: dicomBytes(greyElements(64, 64, new Uint8Array(8192), [[0x00080060, "CS", "CT"]])),
      filename: "x",
    };
    const film = { bytes: dicomBytes(greyElements(64, 64, new Uint8Array(8192))), filename: "x" };
    const used = async (asked: Parameters<typeof pool.analyse>[0]) => (await pool.analyse(asked)).model.modelId;
    expect(await used(scan)).toBe(brainId);
    expect(await used(film)).toBe(chestId);
    expect(await used(request)).toBe(chestId);
    expect(await used({ ...request, model: "brain" })).toBe(brainId);
    expect(await used({ ...scan, model: chestId })).toBe(chestId);
    expect((await pool.analyse(scan)).modality).toBe("CT");
    await expect(pool.analyse({ ...request, model: "spine" })).rejects.toEqual(failure("unknown_model"));
  });

  test("are swapped while requests run, and none is dropped", async () => {
    const old = await material.model("chest.onnx");
    const pool = await material.pool({ models: [{ file: old }] });
    const [{ modelId: oldId }] = pool.models.list();
    const newer = join(material.folder, "newer.onnx");
    await writeFile(newer, await readFile(await material.model("other.onnx", named("brighter"))));
    const seen: string[] = [];
    let swapped = false;
    const client = async () => {
      for (let after = 0; after < 5; after += swapped ? 1 : 0) {
        const { model, images } = await pool.analyse(request);
        seen.push(`${model.modelId} ${images[0].findings[0].className}`);
      }
    };
    const clients = Promise.all([client(), client(), client()]);
    const { modelId: newId, defaultFor } = await pool.models.load({ file: newer, name: "chest" });
    await pool.models.retire(oldId);
    swapped = true;
    await clients;
    expect(defaultFor).toEqual(["*"]);
    expect(new Set(seen)).toEqual(new Set([`${oldId} bright`, `${newId} brighter`]));
    expect(seen.at(-1)).toContain(newId);
    expect(pool.models.list().map(({ modelId, state }) => [modelId, state])).toEqual([
      [oldId, "retired"],
      [newId, "ready"],
    ]);
    await expect(pool.analyse({ ...request, model: oldId })).rejects.toEqual(failure("unknown_model"));
  });

  test("are kept for requests that wait for them", async () => {
    const pool = await material.pool({ inference: { concurrency: 1 } });
    const [{ modelId }] = pool.models.list();
    const waiting = [1, 2, 3].map(() => pool.analyse({ ...request, model: modelId }));
    const retired = pool.models.retire(modelId);
    expect((await Promise.all(waiting)).map(({ model }) => model.modelId)).toEqual([modelId, modelId, modelId]);
    await retired;
    await expect(pool.analyse({ ...request, model: modelId })).rejects.toEqual(failure("unknown_model"));
  });

  test("retire when their last request is answered", async () => {
    const pool = await material.pool();
    const [{ modelId }] = pool.models.list();
    await pool.analyse(request);
    const order: string[] = [];
    const large = { bytes: await picture({ width: 4000, height: 3000 }), filename: "large.png", model: modelId };
    const answered = pool.analyse(large).then(() => order.push("answered"));
    // Its model is chosen once the file is open: that takes a moment, decoding much longer.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const retired = pool.models.retire(modelId).then(() => order.push("retired"));
    await Promise.all([answered, retired]);
    expect(order).toEqual(["answered", "retired"]);
    await expect(pool.models.retire(modelId)).rejects.toEqual(failure("unknown_model"));
    await expect(pool.analyse(request)).rejects.toEqual(failure("unknown_model"));
  });

  test("that are loaded twice stay as they are, or take new settings", async () => {
    const file = await material.model("chest.onnx");
    const pool = await material.pool({ models: [{ file }] });
    const [{ modelId }] = pool.models.list();
    expect((await pool.models.load({ file })).modelId).toBe(modelId);
    expect(pool.models.list()).toHaveLength(1);
    expect((await pool.analyse(request)).images[0].findings).toHaveLength(1);
    await pool.models.load({ file, conf: 0.9 });
    expect(pool.models.resolve({})).toMatchObject({ modelId, defaultFor: ["*"] });
    expect((await pool.analyse(request)).images[0].findings).toHaveLength(0);
  });

  test("become the default without their files being opened again", async () => {
    const [chest, head] = [await material.model("chest.onnx"), await material.model("head.onnx", named("bleeding"))];
    const pool = await material.pool({ models: [{ file: chest }, { file: head }] });
    const [{ modelId: chestId }, { modelId: headId }] = pool.models.list();
    await writeFile(head, await readFile(chest));
    expect(pool.models.makeDefault(headId, ["CT", "*"])).toMatchObject({ modelId: headId, state: "ready" });
    expect(pool.models.resolve({ modality: "CT" }).modelId).toBe(headId);
    expect(pool.models.resolve({}).modelId).toBe(headId);
    expect(pool.models.list().map(({ modelId }) => modelId)).toEqual([chestId, headId]);
    expect(() => pool.models.makeDefault("head", ["CT"])).toThrow(failure("unknown_model"));
  });

  test("are read once: the digest is that of the bytes which are run", async () => {
    // A pipe gives its bytes once, whatever is opened how often.
    const [file, content] = [join(material.folder, "pipe.onnx"), await readFile(await material.model("chest.onnx"))];
    execFileSync("mkfifo", [file]);
    const [model] = await Promise.all([readModel(file), writeFile(file, content)]);
    expect(model.sha256).toBe(createHash("sha256").update(content).digest("hex"));
    expect(Buffer.from(model.graph).equals(content)).toBe(true);
  });

  test("that do not open leave the others alone", async () => {
    const pool = await material.pool();
    const broken = join(material.folder, "broken.onnx");
    await writeFile(broken, "no model");
    await expect(pool.models.load({ file: broken })).rejects.toEqual(failure("invalid_onnx"));
    await expect(pool.models.load({ file: join(material.folder, "gone.pt") })).rejects.toEqual(
      failure("file_not_found"),
    );
    expect(pool.models.list()).toHaveLength(1);
    expect((await pool.analyse(request)).images).toHaveLength(1);
  });
});
