"""Weights of a published ``.pt`` checkpoint, read without running any code of it.

The file is a zip with a pickle of the whole network. Only three of the names it asks for are honoured, those
that rebuild a tensor from its storage; every other class becomes an empty record, whose ``__dict__`` is walked.
"""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import PurePosixPath

import torch

STORAGE_DTYPES = {
    "HalfStorage": torch.float16,
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
}


class Record:
    """Stands for an object of any class: keeps its state, has no behaviour."""

    def __init__(self, *args, **kwargs):
        del args, kwargs

    def __setstate__(self, state):
        if isinstance(state, dict):
            self.__dict__.update(state)

    def __call__(self, *args, **kwargs):
        return Record()


def rebuild_tensor(storage, offset, size, stride, *_rest):
    """A tensor (view) of ``size`` and ``stride``, both in elements, copied out of its storage."""
    return torch.as_strided(storage, size, stride, offset).clone()


def rebuild_parameter(data, *_rest):
    return data


HONOURED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
}


class CheckpointUnpickler(pickle.Unpickler):
    def __init__(self, archive, prefix):
        super().__init__(archive.open(f"{prefix}/data.pkl"))
        self.archive = archive
        self.prefix = prefix

    def find_class(self, module, name):
        if module == "torch" and name in STORAGE_DTYPES:
            return STORAGE_DTYPES[name]
        # A class of its own per name: pickle calls `cls.__new__(cls)`, and sets the state on it.
        return HONOURED.get((module, name)) or type(name, (Record,), {})

    def persistent_load(self, pid):
        _tag, dtype, key, _device, _count = pid
        data = self.archive.read(f"{self.prefix}/data/{key}")
        return torch.frombuffer(bytearray(data), dtype=dtype) if data else torch.empty(0, dtype=dtype)


def tensors_below(module, path=""):
    """``(name, tensor)`` of every parameter and buffer below a pickled module."""
    for kind in ("_parameters", "_buffers"):
        for name, tensor in getattr(module, kind).items():
            if tensor is not None:
                yield path + name, tensor
    for name, child in module._modules.items():
        yield from tensors_below(child, f"{path}{name}.")


def read_checkpoint(path):
    """State dict of the checkpoint at ``path`` (its EMA if it holds one), floats as float32."""
    with zipfile.ZipFile(path) as archive:
        entry = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        checkpoint = CheckpointUnpickler(archive, str(PurePosixPath(entry).parent)).load()
    network = checkpoint.get("ema") or checkpoint["model"]
    return {
        name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors_below(network)
    }
