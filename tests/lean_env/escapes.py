"""Programs that try what a confined process must not, each as a stand-in for a Lean that was taken over."""

from __future__ import annotations

import sys
from pathlib import Path

PYTHON = """\
import os, resource, signal, socket, subprocess, sys
HOST, PARENT = {host!r}, {parent}


def attempt(name, act):
    try:
        act()
    except (OSError, subprocess.SubprocessError) as error:
        print(name, "refused", type(error).__name__, flush=True)
    else:
        print(name, "done", flush=True)


def write(path):
    with open(path, "w") as file:
        file.write("x")


def found(names):
    if not names:
        raise OSError("an empty folder in its place")


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.settimeout(5)
        made.connect(address)


def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"x", ("127.0.0.1", {port}))


attempt("read-own", lambda: open(sys.argv[0]).read())
attempt("read", lambda: open(HOST + "/secret").read())
attempt("list", lambda: found(os.listdir(HOST)))
attempt("read-environment-of-parent", lambda: open("/proc/%d/environ" % PARENT).read())
attempt("write", lambda: write(HOST + "/new"))
attempt("write-own", lambda: write(sys.argv[0]))
attempt("remove", lambda: os.unlink(HOST + "/secret"))
attempt("rename", lambda: os.rename(HOST + "/secret", HOST + "/other"))
attempt("chmod", lambda: os.chmod(sys.argv[0], 0o777))
attempt("connect", lambda: connect(socket.AF_INET, ("127.0.0.1", {port})))
attempt("connect-local", lambda: connect(socket.AF_UNIX, HOST + "/socket"))
attempt("send", send)
attempt("shell", lambda: subprocess.run(["/bin/sh", "-c", "true"], check=True))
attempt("program", lambda: subprocess.run([HOST + "/program"], check=True))
attempt("signal", lambda: os.kill(PARENT, 0))
print("secret-variable", "done" if "STEPWISE_TEST_TOKEN" in os.environ else "refused")
print("told-of-sandbox", "done" if "STEPWISE_CHILD_SANDBOX" in os.environ else "refused")
limits = [resource.getrlimit(getattr(resource, "RLIMIT_" + name))[0] for name in ("CORE", "DATA", "CPU", "NPROC")]
print("limits", *limits)
"""

JAVASCRIPT = """\
const threads = require("worker_threads"), fs = require("fs");
const { host, parent, port } = JSON.parse(fs.readFileSync(__dirname + "/told.json"));
const where = threads.isMainThread ? "main" : "thread";
const say = (name, how) => fs.writeSync(1, `${where} ${name} ${how}\\n`);
function attempt(name, act) {
  try { act(); say(name, "done"); } catch (error) { say(name, "refused"); }
}
attempt("read-own", () => fs.readFileSync(__filename));
attempt("read", () => fs.readFileSync(host + "/secret"));
attempt("read-through-link", () => fs.readFileSync(__dirname + "/link"));
attempt("list", () => { if (!fs.readdirSync(host).length) throw new Error("an empty folder in its place"); });
attempt("read-environment-of-parent", () => fs.readFileSync(`/proc/${parent}/environ`));
attempt("write", () => fs.writeFileSync(host + "/new", "x"));
attempt("write-own", () => fs.writeFileSync(__dirname + "/new", "x"));
attempt("remove", () => fs.unlinkSync(host + "/secret"));
attempt("rename", () => fs.renameSync(host + "/secret", host + "/other"));
attempt("chmod", () => fs.chmodSync(host + "/secret", 0o777));
attempt("spawn", () => {
  const made = require("child_process").spawnSync(process.execPath, ["--version"]);
  if (made.error || made.status) throw made.error || new Error(made.status);
});
attempt("native-code", () => process.dlopen({ exports: {} }, host + "/addon.node"));
attempt("signal", () => process.kill(parent, 0));
attempt("secret-variable", () => { if (!process.env.STEPWISE_TEST_TOKEN) throw new Error(); });
let left = 3;
function ended(name, how) {
  say(name, how);
  if (--left === 0 && threads.isMainThread) new threads.Worker(__filename);
}
function connect(name, options) {
  try {
    const made = require("net").connect(options);
    made.on("error", () => ended(name, "refused"));
    made.on("connect", () => { made.destroy(); ended(name, "done"); });
  } catch (error) { ended(name, "refused"); }
}
connect("connect", { port, host: "127.0.0.1" });
connect("connect-local", { path: host + "/socket" });
try {
  const made = require("dgram").createSocket("udp4");
  made.on("error", () => ended("send", "refused"));
  made.send("x", port, "127.0.0.1", error => {
    try { made.close(); } catch {}
    ended("send", error ? "refused" : "done");
  });
} catch (error) { ended("send", "refused"); }
"""


def python(path: Path, host: Path, parent: int, port: int) -> Path:
    """A program that tries everything; it prints `NAME done` or `NAME refused …` for each, and its limits last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = PYTHON.replace("{host!r}", repr(str(host))).replace("{parent}", str(parent)).replace("{port}", str(port))
    path.write_text(f"#!{Path(sys.executable).resolve()} -IS\n{text}")
    path.chmod(0o755)
    return path
