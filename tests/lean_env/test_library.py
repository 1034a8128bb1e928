"""The list of a library's theorems: reading a header, keeping the list, and what a real Lean lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from lean_env import library as library_module
from lean_env.errors import ProtocolError
from lean_env.library import header, imports_of, kept_at, load, read, store
from lean_env.pool import Pool
from lean_env.protocol import Symbols
from lean_env.toolchain import Toolchain
from tests.lean_env.test_worker import FAST, Scripted, only_state, scripted_pool

MODULES: list[dict[str, Any]] = [
    {
        "name": "Init.A",
        "theorems": [["b", 7, "Eq", 1, ["Eq", "f"]], ["a", 7, "[anonymous]", 0, []], ["c", 2, "p", 0, []]],
    },
    {"name": "Init.B", "theorems": []},
]
BUNDLED = Toolchain("bundled", "4.28.0", mathlib=False, why="it was asked for")


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(library_module, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "library"


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ("theorem t : 1 = 1 := rfl", ()),
        ("", ()),
        ("import A.B\n  import  C -- why\nopen A", ("A.B", "C")),
        ("/- import X -/\nimport A import B", ("A", "B")),
        ("-- import X", ()),
        ("module\n\npublic import A\nmeta import B\nimport all C\npublic meta import D", ("A", "B", "C", "D")),
        ("prelude\nimport Init.Core", ("prelude", "Init.Core")),
        ("open A\nimport B", ()),
        ("importing", ()),
    ],
)
def test_what_a_header_imports(text: str, imports: tuple[str, ...]) -> None:
    assert imports_of(text) == imports
    assert imports_of(header(imports)) == imports


def test_theorems_stand_by_module_line_and_name() -> None:
    library = read(MODULES)
    assert library.modules == ("Init.A", "Init.B")
    assert [(t.name, t.line, t.head, t.symbols) for t in library.theorems] == [
        ("c", 2, "p", ()),
        ("a", 7, "", ()),
        ("b", 7, "Eq", ("Eq", "f")),
    ]


@pytest.mark.parametrize(
    "modules",
    [
        [{}],
        [{"name": 1, "theorems": []}],
        [{"name": "A", "theorems": [["t", 1]]}],
        [{"name": "A", "theorems": [[1] * 5]}],
    ],
)
def test_a_list_that_cannot_be_read_is_a_protocol_error(modules: list[dict[str, Any]]) -> None:
    with pytest.raises(ProtocolError):
        read(modules)


def test_a_list_is_kept_by_lean_and_imports(cache: Path) -> None:
    path = kept_at(BUNDLED, ("Std",))
    assert path is not None and path.parent == cache and load(path) is None
    store(path, BUNDLED, ("Std",), MODULES)
    assert load(path) == read(MODULES)
    assert [file.name for file in cache.iterdir()] == [path.name], "nothing unfinished stays"
    others = [
        kept_at(BUNDLED, ("Std", "Lean")),
        kept_at(Toolchain("bundled", "4.29.0", mathlib=False, why=""), ("Std",)),
        kept_at(Toolchain("path", "4.28.0", mathlib=False, why=""), ("Std",)),
    ]
    assert len({path, *others}) == 4


def test_modules_that_may_change_are_not_kept() -> None:
    with_mathlib = Toolchain("project", "4.28.0", mathlib=True, why="", mathlib_revision="abc")
    assert kept_at(BUNDLED, ("Mathlib",)) is None
    assert kept_at(with_mathlib, ("Mathlib.Tactic", "Aesop")) is not None
    assert kept_at(with_mathlib, ("Mathlib", "Mine.Lemmas")) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 0, "modules": []}', '{"modules": []}'])
def test_a_damaged_list_is_none(cache: Path, content: str) -> None:
    cache.mkdir(parents=True)
    (cache / "x.json").write_text(content)
    assert load(cache / "x.json") is None


def test_a_folder_that_cannot_be_written_to_is_no_error(cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_text("a file")
    store(cache / "x.json", BUNDLED, (), MODULES)
    assert load(cache / "x.json") is None


def list_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())


class Listing(Scripted):
    """The scripted worker, as the pool asks who it is."""

    mathlib_revision = None

    def identity(self) -> dict[str, str]:
        return {"kind": "scripted"}


async def test_a_pool_lists_once_page_by_page(cache: Path) -> None:
    async with Pool(cast(Toolchain, Listing()), workers=1) as pool:
        listed = await pool.library("import Std\ntheorem t : p := by sorry")
        assert list(listed.modules) == ["Std.M0", "Std.M1", "Std.M2"]
        assert [t.name for t in listed.theorems] == ["t0", "t1", "t2"]
        (kept,) = list_of(cache)
        assert json.loads(kept.read_text())["imports"] == ["Std"]
        before = pool.lean_s
        assert await pool.library("import Std") == listed and pool.lean_s == before
        kept.write_text("damaged")
        assert await pool.library("import Std") == listed
        assert load(kept) == listed


async def test_symbols_survive_the_worker() -> None:
    async with scripted_pool() as pool, pool.session() as session:
        state = await only_state(session)
        deeper = (await session.apply(state, ["more"], FAST))[0].states[0]
        assert await session.symbols(deeper) == Symbols(("Goals", "2"), ())
        await session.apply(state, ["die"], FAST)
        assert await session.symbols(deeper) == Symbols(("Goals", "2"), ())


# -- on a real Lean


@pytest.mark.lean
async def test_what_a_real_lean_lists(lean: Pool) -> None:
    library = await lean.library("theorem t : 1 = 1 := by sorry")
    theorems = {theorem.name: theorem for theorem in library.theorems}
    assert len(theorems) == len(library.theorems) > 20_000
    assert library.modules.index("Init.Prelude") < library.modules.index("Init.Data.List.Lemmas")
    places = [library.modules.index(theorem.module) for theorem in library.theorems]
    assert places == sorted(places)
    add = theorems["Nat.add_comm"]
    assert (add.module, add.head, add.explicit) == ("Init.Data.Nat.Basic", "Eq", 2)
    assert add.symbols == ("Nat", "Eq", "HAdd.hAdd", "instHAdd", "instAddNat")
    assert theorems["Nat.lt_or_ge"].head == "Or"
    assert theorems["List.append_assoc"].explicit == 3
    assert theorems["And.left"].head == "" and theorems["Nat.not_lt_of_le"].head == "Not"
    for name in ("Nat.add", "Nat.rec", "propext", "Classical.choice", "sorryAx", "instAddNat", "Nat.succ.injEq"):
        assert name not in theorems
    assert not [name for name in theorems if name.startswith("_private") or "._" in name or ".match_" in name]
    async with lean.session() as session:  # what is listed can be used, and is not deprecated
        names = [name for name in theorems if len(name) % 97 == 5 or name.startswith("Nat.le_")][:80]
        opened = await session.open("\n".join(f"example := @_root_.{name}" for name in names if "«" not in name))
        assert opened.error is None and not [m for m in opened.messages if "deprecated" in m.text]


@pytest.mark.lean
async def test_the_symbols_of_a_goal(lean: Pool) -> None:
    text = "theorem t (n : Nat) (xs : List Nat) (h : xs.length ∣ n) : n < 3 → xs ≠ [] ∧ True := by sorry"
    async with lean.session() as session:
        state = (await session.open(text)).holes[0].state
        symbols = await session.symbols(state)
        assert symbols.target[0] == "And" and len(set(symbols.target)) == len(symbols.target)
        assert {"Nat", "LT.lt", "Ne", "List", "List.nil", "True"} <= set(symbols.target)
        assert symbols.context == ("Nat", "List", "Dvd.dvd", "Nat.instDvd", "List.length")
        parts = (await session.apply(state, ["(intro k; constructor)"], FAST))[0].states
        assert [(await session.symbols(part)).target[0] for part in parts] == ["Ne", "True"]
        assert "LT.lt" in (await session.symbols(parts[0])).context
