"""Builds what is measured, and says what is not there and why."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from .peers import PEERS

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD_TYPE = "release"
OPTIONS = (f"--buildtype={BUILD_TYPE}", "-Dbench=true", "-Dtests=false")
RUST = ROOT / "bench/servers/rust"


def command_line(command):
    """As one would type it, from the root of the project."""
    words = (str(word) for word in command)
    return " ".join(word.removeprefix(f"{ROOT}/") for word in words)


def install():
    """A machine that lacks something, or lets nobody install it, measures what it can."""
    if subprocess.run([ROOT / "scripts/setup", "bench"], check=False).returncode != 0:
        print("bench: not all that it could use is installed", file=sys.stderr)


def build_rust(folder):
    """Why there are no programs in Rust, or None."""
    command = ["cargo", "build", "--quiet", "--release", "--offline", "--target-dir", folder / "rust"]
    (RUST / "Cargo.lock").unlink(missing_ok=True)  # it may name crates that have been upgraded since
    try:
        done = subprocess.run(command, cwd=RUST, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"no cargo: {error.strerror}" if RUST.is_dir() else "no bench/servers/rust"
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
    return f"cargo fails: {(errors or ['no message'])[0]}"


def configure(folder):
    """A folder that is there may have been made for something else."""
    if (folder / "build.ninja").exists():
        options = [f"-Dbuildtype={BUILD_TYPE}", "-Dbench=true"]
        subprocess.run(["meson", "configure", folder, *options], check=True, stdout=subprocess.DEVNULL)


def build(folder, results):
    """Fails with the compiler's message where rdy does not build."""
    command = [ROOT / "scripts/build", folder, *OPTIONS]
    results.about["commands"].append(command_line(command))
    configure(folder)
    subprocess.run(command, check=True)
    reason = build_rust(folder)
    if reason:
        shutil.rmtree(folder / "rust/release", ignore_errors=True)  # an earlier build's would be taken for this one's
        results.skip("programs in Rust", reason)
    target = os.path.relpath(folder / "rust", RUST)
    results.about["commands"].append(
        f"(cd {command_line([RUST])} && cargo build --release --offline --target-dir {target})"
    )


def programs(folder):
    """As paths from there. Those in C are of the present configuration: another one may have left more."""
    with open(folder / "meson-info/intro-targets.json", encoding="utf-8") as file:
        targets = json.load(file)
    paths = [name for target in targets if target["type"] == "executable" for name in target["filename"]]
    paths += [path for path in folder.glob("rust/release/*") if path.suffix == ""]
    place = os.path.realpath(folder)
    return frozenset(os.path.relpath(os.path.realpath(path), place) for path in paths if os.path.isfile(path))


def available_peers(built, names, results):
    """Those of the names that were built; of the others it is said why they are not."""
    found = []
    for peer in (PEERS[name] for name in names):
        if peer.program in built:
            found.append(peer)
        else:
            results.skip(peer.name, f"not built: {peer.program}")
    return found
