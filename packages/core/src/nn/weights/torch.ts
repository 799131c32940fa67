/**
 * @file Weights out of a PyTorch checkpoint, without Python and without running any of it.
 *
 * `torch.save` writes a zip archive: `<name>/data.pkl` (pickle protocol 2) and raw storages `<name>/data/<key>`. The
 * public trainer saves a dict whose `ema` or `model` is the whole module, half precision. A plain state dict, alone or
 * under `state_dict` or `model`, is read as well.
 */
import { getTextEncoding } from "@bufbuild/protobuf/wire";
import { FoveaError } from "../../errors";
import { classNames } from "./class-names";
import { readPickle } from "./pickle";
import { type PickleValue, PyObject } from "./pickle-value";
import { plainJson } from "./plain-json";
import type { Checkpoint, Json } from "./state";
import { isCheckpointGlobal } from "./torch-globals";
import { attributesOf, isModule, moduleState, tensorState } from "./torch-module";
import { isTensor, storageFromId, TensorStore } from "./torch-tensor";
import { ZipArchive } from "./zip";

/** The pickle of a YOLO12n checkpoint takes 0.2 MB, whatever the width of the network. */
const MAX_PICKLE_BYTES = 64 * 2 ** 20;

/** torch.save does not compress and weights hardly can be; more than this is a bomb. */
function maxUnpackedBytes(fileBytes: number): number {
  return 4 * fileBytes + 64 * 2 ** 20;
}

/** Where the network may stand in the saved dict, first choice first. */
const NETWORK_KEYS: readonly string[] = ["ema", "model", "state_dict", "model_state_dict"];

/** Entries of the saved dict that are not metadata. */
const OTHER_KEYS: readonly string[] = [...NETWORK_KEYS, "optimizer", "scaler", "train_args", "train_results"];

/**
 * Weights and settings of a `.pt` or `.pth` file.
 *
 * @param file path for messages
 * @throws {FoveaError} `invalid_checkpoint` if the file is cut off, damaged, hostile, or holds no network
 */
export function readTorchCheckpoint(bytes: Uint8Array, file?: string): Checkpoint {
  const archive = openArchive(bytes, file);
  const folder = dataFolder(archive, file);
  const root = readPickle(archive.read(`${folder}data.pkl`, MAX_PICKLE_BYTES), {
    allow: isCheckpointGlobal,
    persistent: storageFromId,
    file,
    entry: `${folder}data.pkl`,
  });
  const store = new TensorStore(archive, folder, file);
  const network = networkOf(root, file);
  const state = network instanceof Map ? tensorState(network, store, file) : moduleState(network, store, file);
  if (state.size === 0) throw new FoveaError("invalid_checkpoint", "holds a network without weights", { file });
  return { format: "torch", state, ...settings(root, network, store, file) };
}

function openArchive(bytes: Uint8Array, file: string | undefined): ZipArchive {
  if (bytes.length > 1 && bytes[0] === 0x80 && bytes[1] <= 5) {
    const message = "a bare pickle, as PyTorch before 1.6 wrote; open and save it again with a newer PyTorch";
    throw new FoveaError("invalid_checkpoint", message, { file });
  }
  const archive = new ZipArchive(bytes, file);
  if (archive.totalSize > maxUnpackedBytes(bytes.length)) {
    const message = `claims ${archive.totalSize} bytes from ${bytes.length}; weights do not compress like that`;
    throw new FoveaError("invalid_checkpoint", message, { file });
  }
  return archive;
}

/** The folder in the archive that everything stands in, with a slash at its end. */
function dataFolder(archive: ZipArchive, file: string | undefined): string {
  const fail = (message: string) => new FoveaError("invalid_checkpoint", message, { file });
  const pickles = archive.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw fail(`a zip archive with ${pickles.length} entries <name>/data.pkl, one expected: no PyTorch checkpoint`);
  }
  const folder = pickles[0].slice(0, -"data.pkl".length);
  if (archive.has(`${folder}constants.pkl`)) {
    throw fail("a TorchScript program; give the checkpoint that it was exported from");
  }
  const orderEntry = `${folder}byteorder`;
  const order = archive.has(orderEntry) ? getTextEncoding().decodeUtf8(archive.read(orderEntry, 64)) : "little";
  if (order !== "little")
    throw fail(`its numbers are stored ${JSON.stringify(order)}-endian; only little-endian is read`);
  return folder;
}

/** The module or state dict that the file is about. */
function networkOf(root: PickleValue, file: string | undefined): PyObject | Map<PickleValue, PickleValue> {
  if (isModule(root)) return root;
  if (root instanceof Map) {
    for (const key of NETWORK_KEYS) {
      const value = root.get(key) ?? null;
      if (isModule(value)) return value;
      if (value instanceof Map && [...value.values()].some(isTensor)) return value;
    }
    if ([...root.values()].some(isTensor)) return root;
  }
  const message = `holds no network: neither a module nor a state dict, alone or under ${NETWORK_KEYS.join(", ")}`;
  throw new FoveaError("invalid_checkpoint", message, { file });
}

function settings(root: PickleValue, network: PickleValue, store: TensorStore, file: string | undefined) {
  const attributes = attributesOf(network);
  const json = (value: PickleValue | undefined, at: string): Json | undefined =>
    value === undefined || value === null ? undefined : plainJson(value, at, file);

  const names = classNames(json(attributes?.get("names"), "names"));
  const yaml = json(attributes?.get("yaml"), "yaml");
  const ownCount = attributes?.get("nc");
  const yamlCount = isRecord(yaml) ? yaml.nc : undefined;
  const nc = [ownCount, names?.length, yamlCount].find((count) => typeof count === "number");
  const trainArgs = json(
    (root instanceof Map ? root.get("train_args") : undefined) ?? attributes?.get("args"),
    "train_args",
  );
  return {
    names,
    nc,
    stride: strides(attributes?.get("stride"), store),
    yaml,
    trainArgs: isRecord(trainArgs) ? trainArgs : undefined,
    metadata: metadata(root, network, file),
  };
}

function isRecord(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function strides(value: PickleValue | undefined, store: TensorStore): readonly number[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (isTensor(value)) {
    const tensor = store.read(value, "stride");
    return tensor && [...tensor.data];
  }
  const list = Array.isArray(value) ? value : [value];
  return list.every((item) => typeof item === "number") ? list : undefined;
}

/** The dict's own scalars, its metrics as JSON, and the class of the network. */
function metadata(root: PickleValue, network: PickleValue, file: string | undefined): Readonly<Record<string, string>> {
  const entries: [string, string][] = [];
  if (network instanceof PyObject) entries.push(["class", String(network.callable)]);
  for (const [key, value] of root instanceof Map ? root : []) {
    if (typeof key !== "string" || OTHER_KEYS.includes(key) || value === null || isTensor(value)) continue;
    if (typeof value !== "object") entries.push([key, String(value)]);
    else if (key === "train_metrics") entries.push([key, JSON.stringify(plainJson(value, key, file))]);
  }
  return Object.fromEntries(entries);
}
