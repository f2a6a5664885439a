"""The machine: which of its cores are used, and what it is."""

import contextlib
import json
import os
import platform
import re
import resource
import subprocess

LIBRARIES = {  # by the package that says the version
    "libuv": "libuv1-dev", "libev": "libev-dev", "libevent": "libevent-dev", "liburing": "liburing-dev",
    "mio": "librust-mio-dev", "tokio": "librust-tokio-dev",
}


def cores():
    """One for the servers and one for the load: no threads of one core where there is a choice, the same where this
    process may use only one."""
    first, *others = sorted(os.sched_getaffinity(0))
    apart = [core for core in others if core not in threads_beside(first)]
    return first, (apart or others or [first])[0]


def numbers_of(text):
    """Of a list as the kernel writes it: 0,4-6."""
    ends = [[int(end) for end in part.split("-")] for part in text.split(",") if part]
    return {number for first, *last in ends for number in range(first, (last or [first])[0] + 1)}


def threads_beside(core):
    """Of the same core, with itself; none where the system does not tell."""
    return numbers_of(first_line_of(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list") or "")


def say_cores(server, load):
    if server == load:
        return f"one for both: {server}"
    threads = ", threads of one core" if load in threads_beside(server) else ""
    return f"server on {server}, load on {load}{threads}"


def raise_descriptor_limit():
    """As far as the system lets us; children inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def first_line(*command):
    """None where the command is missing or fails."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError, IndexError):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    return None


def first_line_of(path):
    with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
        return file.readline().strip()
    return None


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = re.findall(r"^model name\s*: (.+)$", file.read(), re.MULTILINE)
    return names[0] if names else platform.machine()


def memory():
    with open("/proc/meminfo", encoding="ascii") as file:
        return f"{int(file.readline().split()[1]) / (1 << 20):.1f} GiB"


def library_versions():
    found = {name: first_line("dpkg-query", "-W", "-f", "${Version}", package) for name, package in LIBRARIES.items()}
    return {name: version for name, version in found.items() if version}


def compiler_of(build):
    """That which compiled it, with the kind of build."""
    with open(build / "compile_commands.json", encoding="utf-8") as file:
        words = json.load(file)[0]["command"].split()
    compiler = next(word for word in words if not word.startswith("-") and os.path.basename(word) != "ccache")
    with open(build / "meson-info/intro-buildoptions.json", encoding="utf-8") as file:
        kind = next(option["value"] for option in json.load(file) if option["name"] == "buildtype")
    return f"{first_line(compiler, '--version')}, {kind}"


def describe(build):
    """What a reader has to know of the machine, by name."""
    release = platform.freedesktop_os_release() if os.path.exists("/etc/os-release") else {}
    found = {
        "processor": f"{os.cpu_count()} x {processor()}",
        "memory": memory(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "system": release.get("PRETTY_NAME"),
        "congestion control": first_line_of("/proc/sys/net/ipv4/tcp_congestion_control"),
        "largest backlog": first_line_of("/proc/sys/net/core/somaxconn"),
        "descriptors": str(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        "cores": say_cores(*cores()),
        "compiler": compiler_of(build),
        "rustc": first_line("rustc", "--version"),
        "valgrind": first_line("valgrind", "--version"),
        "strace": first_line("strace", "--version"),
    }
    found.update(library_versions())
    return {name: value for name, value in found.items() if value}
