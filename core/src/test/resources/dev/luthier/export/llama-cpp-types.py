"""Makes llama-cpp-types.json: the types that llama_model_quantize gives the matrices of models.

    python3 llama-cpp-types.py FOLDER_OF_LIBLLAMA_SO MODEL.gguf... > llama-cpp-types.json

The models are F32 exports of fresh models whose sizes the JSON states. Recorded with the libraries
of node-llama-cpp's package for Linux, v0.5.0. Shapes are row-major; an asterisk is a block's number;
types stand in the order of the file, a run of equal ones once with its length.
"""

import ctypes
import json
import os
import re
import struct
import sys

FILE_TYPES = {
    "Q8_0": 7, "Q4_0": 2, "Q4_1": 3, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10, "Q3_K_S": 11, "Q3_K_M": 12,
    "Q3_K_L": 13, "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16, "Q5_K_M": 17, "Q6_K": 18, "IQ4_NL": 25,
    "IQ4_XS": 30,
}
TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 10: "Q2_K",
    11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 20: "IQ4_NL", 23: "IQ4_XS",
}
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


class Params(ctypes.Structure):
    """Larger than the structure itself; only its first fields are set."""

    _fields_ = [("bytes", ctypes.c_uint8 * 256)]


def library(folder):
    for name in sorted(os.listdir(folder)):
        if re.match(r"libggml(-base)?(\.v.*)?\.so", name):
            ctypes.CDLL(os.path.join(folder, name), mode=ctypes.RTLD_GLOBAL)
    name = next(n for n in os.listdir(folder) if re.match(r"libllama(\.v.*)?\.so", n))
    lib = ctypes.CDLL(os.path.join(folder, name))
    lib.llama_model_quantize_default_params.restype = Params
    return lib


def head(path):
    data = open(path, "rb").read()
    at = 4

    def number(form):
        nonlocal at
        value = struct.unpack_from("<" + form, data, at)[0]
        at += struct.calcsize("<" + form)
        return value

    def text():
        nonlocal at
        n = number("Q")
        at += n
        return data[at - n : at].decode()

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            element, n = number("I"), number("Q")
            return [value(element) for _ in range(n)]
        return number(NUMBERS[kind])

    number("I")
    tensors, keys = number("Q"), number("Q")
    metadata = {}
    for _ in range(keys):
        key = text()
        metadata[key] = value(number("I"))
    out = []
    for _ in range(tensors):
        name = text()
        sizes = [number("Q") for _ in range(number("I"))]
        out.append((name, sizes[::-1], TYPES[number("I")]))
        number("Q")
    return metadata, out


def runs(types):
    out = []
    for t in types:
        if out and out[-1][0] == t:
            out[-1][1] += 1
        else:
            out.append([t, 1])
    return " ".join(t if n == 1 else f"{t}*{n}" for t, n in out)


def main():
    lib = library(sys.argv[1])
    result = {}
    for path in sys.argv[2:]:
        metadata, tensors = head(path)
        arch = metadata["general.architecture"]
        shapes = {
            re.sub(r"blk\.\d+\.", "blk.*.", n): "x".join(map(str, s)) for n, s, _ in tensors if len(s) > 1
        }
        types = {}
        for name, code in FILE_TYPES.items():
            params = lib.llama_model_quantize_default_params()
            ctypes.memmove(ctypes.addressof(params), struct.pack("<ii", 2, code), 8)
            if lib.llama_model_quantize(path.encode(), b"quantized.gguf", ctypes.byref(params)):
                sys.exit(f"{path} cannot be quantized to {name}")
            types[name] = runs(t for _, s, t in head("quantized.gguf")[1] if len(s) > 1)
        result[os.path.basename(path)[: -len(".gguf")]] = {
            "architecture": arch,
            "blocks": metadata[arch + ".block_count"],
            "heads": metadata[arch + ".attention.head_count"],
            "keyHeads": metadata[arch + ".attention.head_count_kv"],
            "experts": metadata.get(arch + ".expert_count", 0),
            "shapes": shapes,
            "types": types,
        }
    print(json.dumps(result, indent=1))


main()
