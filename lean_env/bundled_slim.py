"""Makes the bundled Lean's WebAssembly cheap to start: it exports 57 things instead of 201,110.

Lean's interpreter looks compiled functions up by name, so the published module exports them all, and every thread of
every process makes a JavaScript object for each: 1.5 s and 400 MB a thread. Here those functions get a fixed place each
in the module's table instead, the same in all threads, by a second element segment; and a file beside it says which
name is at which place (or, for data, at which address). The glue reads that file once into memory that all threads
share, and looks names up by binary search (`bundled_patch`). A worker then takes 1 GB instead of 2.9.

The format of the symbol file, all numbers 32 bits, little-endian: n; n offsets of names, in the order of the names as
bytes; n values; the names, each ended by a zero byte.

WebAssembly's binary format: https://webassembly.github.io/spec/core/binary/.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from lean_env.errors import BundleError

CUSTOM, IMPORT, TABLE, GLOBAL, EXPORT, ELEMENT = 0, 2, 4, 6, 7, 9
FUNCTION_KIND, GLOBAL_KIND = 0, 3
I32, I32_CONST, I64_CONST, F32_CONST, F64_CONST, END = 0x7F, 0x41, 0x42, 0x43, 0x44, 0x0B

# What Emscripten's runtime asks for without naming it in `wasmExports["…"]`.
ALWAYS_KEPT = frozenset(
    {b"main", b"__main_argc_argv", b"_initialize", b"__indirect_function_table", b"memory", b"__heap_base"}
)


@dataclass(frozen=True, slots=True)
class Slim:
    """A module with few exports, and where everything else is."""

    wasm: bytes
    symbols: bytes


@dataclass(frozen=True, slots=True)
class _Section:
    kind: int
    start: int
    """Where its header starts."""
    body: int
    end: int


def slim(wasm: bytes, glue: str) -> Slim:
    """The module without the exports that the glue does not name.

    Args:
        wasm: the published module.
        glue: the patched glue, without its list of all exports.

    Raises:
        BundleError: it is not a module of the shape that this was written for.
    """
    try:
        return _slim(wasm, glue)
    except (AssertionError, IndexError, KeyError, AttributeError, StopIteration, struct.error) as error:
        raise BundleError(
            "The bundled Lean's lean.wasm is not the one that this version of Stepwise knows.",
            "Delete the cache folder that `prove doctor` names and run it again.",
        ) from error


def _slim(wasm: bytes, glue: str) -> Slim:
    assert wasm[:8] == b"\0asm\1\0\0\0"
    sections = list(_sections(wasm))
    by_kind = {section.kind: section for section in sections if section.kind != CUSTOM}
    linking = next(wasm[section.body : section.end] for section in sections if section.kind == CUSTOM)
    imported, imported_globals = _imports(wasm, by_kind[IMPORT])
    addresses = _addresses(wasm, by_kind[GLOBAL], imported_globals)
    places, table_size, segment = _places(wasm, by_kind[ELEMENT])
    assert _minimum_table(wasm, by_kind[TABLE]) == table_size
    kept = _named_by(glue) | imported | ALWAYS_KEPT
    exports: list[bytes] = []
    symbols: dict[bytes, int] = {}
    added: list[int] = []
    for name, kind, index in _exports(wasm, by_kind[EXPORT]):
        if kind == FUNCTION_KIND:
            if index not in places:
                places[index] = table_size + len(added)
                added.append(index)
            symbols[name] = places[index]
        elif kind == GLOBAL_KIND and index in addresses and not name.startswith(b"__"):
            symbols[name] = addresses[index]
        is_plain = kind == FUNCTION_KIND or (kind == GLOBAL_KIND and index in addresses)
        if not is_plain or name in kept or name.startswith(b"__em_js__") or name in linking:
            exports.append(_unsigned(len(name)) + name + bytes([kind]) + _unsigned(index))
    changed = {
        TABLE: b"\x01\x70\x00" + _unsigned(table_size + len(added)),
        EXPORT: _unsigned(len(exports)) + b"".join(exports),
        ELEMENT: b"\x02" + segment + b"\x00\x41" + _signed(table_size) + b"\x0b" + _vector(added),
    }
    out = [wasm[:8]]
    for section in sections:
        body = changed.get(section.kind)
        if body is None:
            out.append(wasm[section.start : section.end])
        else:
            out.append(bytes([section.kind]) + _unsigned(len(body)) + body)
    return Slim(b"".join(out), _symbol_file(symbols))


def _symbol_file(symbols: dict[bytes, int]) -> bytes:
    names = sorted(symbols)
    offsets, at = [], 4 + 8 * len(names)
    for name in names:
        offsets.append(at)
        at += len(name) + 1
    numbers = struct.pack(f"<{1 + 2 * len(names)}I", len(names), *offsets, *(symbols[name] for name in names))
    return numbers + b"".join(name + b"\0" for name in names)


def _named_by(glue: str) -> set[bytes]:
    """The exports that the glue asks for by name, and those that it keeps to itself."""
    internal = re.search(r"var isInternalSym=symName=>\[(.*?)\]", glue)
    assert internal is not None
    names = re.findall(r'wasmExports\["([^"]+)"\]', glue) + re.findall(r'"([^"]+)"', internal.group(1))
    return {name.encode() for name in names}


# -- reading


def _sections(wasm: bytes) -> Iterator[_Section]:
    at = 8
    while at < len(wasm):
        length, body = _read_unsigned(wasm, at + 1)
        yield _Section(wasm[at], at, body, body + length)
        at = body + length


def _imports(wasm: bytes, section: _Section) -> tuple[set[bytes], int]:
    """The names that the module imports, and how many of them are globals."""
    names, globals_ = set(), 0
    count, at = _read_unsigned(wasm, section.body)
    for _ in range(count):
        _, at = _read_name(wasm, at)
        name, at = _read_name(wasm, at)
        names.add(name)
        kind, at = wasm[at], at + 1
        assert kind in (0, 1, 2, GLOBAL_KIND)
        if kind == FUNCTION_KIND:
            _, at = _read_unsigned(wasm, at)
        elif kind == GLOBAL_KIND:
            globals_ += 1
            at += 2
        else:
            at += 1 if kind == 1 else 0  # a table says of what; both say their limits
            has_maximum = wasm[at] & 1
            _, at = _read_unsigned(wasm, at + 1)
            if has_maximum:
                _, at = _read_unsigned(wasm, at)
    return names, globals_


def _addresses(wasm: bytes, section: _Section, first: int) -> dict[int, int]:
    """The value of each constant global of 32 bits: where a piece of data lies."""
    found = {}
    count, at = _read_unsigned(wasm, section.body)
    for index in range(first, first + count):
        kind, mutable, code = wasm[at], wasm[at + 1], wasm[at + 2]
        at += 3
        assert code in (I32_CONST, I64_CONST, F32_CONST, F64_CONST)
        if code in (I32_CONST, I64_CONST):
            value, at = _read_signed(wasm, at)
            if kind == I32 and not mutable and code == I32_CONST:
                found[index] = value & 0xFFFFFFFF
        else:
            at += 4 if code == F32_CONST else 8
        assert wasm[at] == END
        at += 1
    assert at == section.end
    return found


def _places(wasm: bytes, section: _Section) -> tuple[dict[int, int], int, bytes]:
    """Where each function of the one element segment is in the table, the end of that, and the segment's bytes."""
    count, start = _read_unsigned(wasm, section.body)
    assert count == 1 and wasm[start] == 0 and wasm[start + 1] == I32_CONST
    base, at = _read_signed(wasm, start + 2)
    assert wasm[at] == END
    length, at = _read_unsigned(wasm, at + 1)
    places: dict[int, int] = {}
    for offset in range(length):
        function, at = _read_unsigned(wasm, at)
        places.setdefault(function, base + offset)
    assert at == section.end
    return places, base + length, wasm[start : section.end]


def _minimum_table(wasm: bytes, section: _Section) -> int:
    count, at = _read_unsigned(wasm, section.body)
    assert count == 1 and wasm[at : at + 2] == b"\x70\x00"
    size, at = _read_unsigned(wasm, at + 2)
    assert at == section.end
    return size


def _exports(wasm: bytes, section: _Section) -> Iterator[tuple[bytes, int, int]]:
    count, at = _read_unsigned(wasm, section.body)
    for _ in range(count):
        name, at = _read_name(wasm, at)
        kind = wasm[at]
        index, at = _read_unsigned(wasm, at + 1)
        yield name, kind, index
    assert at == section.end


def _read_name(wasm: bytes, at: int) -> tuple[bytes, int]:
    length, at = _read_unsigned(wasm, at)
    return wasm[at : at + length], at + length


def _read_unsigned(wasm: bytes, at: int) -> tuple[int, int]:
    """A number in LEB128, and where it ends."""
    value = shift = 0
    while True:
        byte = wasm[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _read_signed(wasm: bytes, at: int) -> tuple[int, int]:
    value, end = _read_unsigned(wasm, at)
    bits = 7 * (end - at)
    return (value - (1 << bits) if wasm[end - 1] & 0x40 else value), end


# -- writing


def _vector(numbers: list[int]) -> bytes:
    return _unsigned(len(numbers)) + b"".join(map(_unsigned, numbers))


def _unsigned(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _signed(value: int) -> bytes:
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)
