/**
 * @file Which Python globals a checkpoint may name.
 *
 * None of them is ever looked up or called: the list is there to recognise a file that was made to do harm, and to say
 * so before anybody opens it with a tool that would run it. `getattr` stands in it because published segmentation
 * checkpoints hold a bound method.
 */

/** Packages all of whose classes may be named; their functions, and modules they import, may not. */
const PACKAGES: readonly string[] = ["torch.nn", "torch.optim", "torch.ao.nn", "ultralytics"];

const NAMES: Readonly<Record<string, readonly string[]>> = {
  __builtin__: [
    "set",
    "frozenset",
    "list",
    "dict",
    "tuple",
    "int",
    "long",
    "float",
    "complex",
    "bool",
    "str",
    "unicode",
    "bytes",
    "bytearray",
    "object",
    "slice",
    "range",
    "getattr",
  ],
  builtins: [
    "set",
    "frozenset",
    "list",
    "dict",
    "tuple",
    "int",
    "float",
    "complex",
    "bool",
    "str",
    "bytes",
    "bytearray",
    "object",
    "slice",
    "range",
    "getattr",
  ],
  collections: ["OrderedDict", "defaultdict", "Counter", "deque"],
  datetime: ["date", "datetime", "time", "timedelta", "timezone"],
  pathlib: ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"],
  "pathlib._local": ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"],
  types: ["SimpleNamespace"],
  argparse: ["Namespace"],
  copyreg: ["_reconstructor"],
  copy_reg: ["_reconstructor"],
  _codecs: ["encode"],
  numpy: ["dtype", "ndarray", "bool_", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8"],
  "numpy.core.multiarray": ["scalar", "_reconstruct"],
  "numpy._core.multiarray": ["scalar", "_reconstruct"],
  "torch._utils": [
    "_rebuild_tensor",
    "_rebuild_tensor_v2",
    "_rebuild_tensor_v3",
    "_rebuild_parameter",
    "_rebuild_parameter_with_state",
    "_rebuild_device_tensor_from_numpy",
  ],
  "torch.serialization": ["_get_layout"],
  "torch.storage": ["UntypedStorage", "TypedStorage", "_UntypedStorage", "_TypedStorage"],
  "torch.torch_version": ["TorchVersion"],
  "torch._tensor": ["_rebuild_from_type_v2"],
  "torch.nn.functional": ["silu", "relu", "leaky_relu", "gelu", "hardswish", "mish"],
  "torch._C._nn": ["gelu", "silu"],
};

/** Storage classes, dtypes, `Size`, `device`. */
const TORCH =
  /^(?:[A-Z][a-zA-Z0-9]*Storage|Size|device|dtype|Tensor|float(?:16|32|64|8_[a-z0-9]+)|bfloat16|half|float|double|u?int(?:8|16|32|64)|long|short|bool|strided|contiguous_format|channels_last|preserve_format)$/;

/** Whether a checkpoint of a detector has reason to name `module.name`. */
export function isCheckpointGlobal(module: string, name: string): boolean {
  // Python resolves dots in a name: `os.system` of `ultralytics.utils` would be the function of the operating system.
  if (!/^\w+(?:\.\w+)*$/.test(module) || !/^\w+$/.test(name)) return false;
  if (/^[A-Z]/.test(name) && PACKAGES.some((known) => module === known || module.startsWith(`${known}.`))) return true;
  if (module === "torch" || module === "torch.cuda") return TORCH.test(name);
  return Object.hasOwn(NAMES, module) && NAMES[module].includes(name);
}
