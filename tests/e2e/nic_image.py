"""What the guest of the NIC test starts from: an initramfs of Debian's busybox, of kernel modules, and of the gateway
with the shared libraries of this host. Written anew for each guest; the kernel package was unpacked beforehand."""
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from lib.lab import program
from lib.process import Failure

_LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")
_LOADER = "/lib64/ld-linux-x86-64.so.2"
# The EAL opens every driver that it finds here, and ends where one of them lacks a library: only what is needed.
_DRIVERS = _LIBRARIES / "dpdk/pmds-23.0"
_DRIVER_NAMES = ("bus_pci", "bus_vdev", "mempool_ring", "net_e1000", "net_ring", "net_tap", "net_virtio", "net_vmxnet3")
#: In the order in which the guest loads them, each after what it depends on.
_MODULES = ("tun", "nf_tables", "vfio_iommu_type1", "vfio-pci")
_APPLETS = ("cat", "chmod", "grep", "insmod", "kill", "mkdir", "mount", "ping", "readlink", "sh", "sleep", "stty")


def _padding(length):
    return bytes(-length % 4)


class Initramfs:
    """An archive in cpio's "newc" format, as the kernel unpacks it. Everything belongs to root."""

    def __init__(self, path):
        self._file = open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._known = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._entry("TRAILER!!!", 0, b"")
        self._file.close()

    def _entry(self, name, mode, data):
        encoded = name.encode() + b"\0"
        fields = [len(self._known), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0]
        header = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        self._file.write(header + _padding(len(header)) + data + _padding(len(data)))

    def _add(self, path, mode, data):
        """`path` is absolute; the folders above it come first."""
        if path in self._known:
            return
        parent = os.path.dirname(path)
        if parent != "/":
            self._add(parent, stat.S_IFDIR | 0o755, b"")
        self._known.add(path)
        self._entry(path.lstrip("/"), mode, data)

    def file(self, path, source):
        source = Path(source)
        self._add(path, stat.S_IFREG | stat.S_IMODE(source.stat().st_mode), source.read_bytes())

    def link(self, path, to):
        self._add(path, stat.S_IFLNK | 0o777, to.encode())

    def library(self, path):
        """A file where this host has it, and the links on the way: the loader tells libraries apart by their file."""
        path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        while os.path.islink(path):
            to = os.path.join(os.path.dirname(path), os.readlink(path))
            self.link(path, os.readlink(path))
            path = os.path.join(os.path.realpath(os.path.dirname(to)), os.path.basename(to))
        self.file(path, path)


def _needed(binaries):
    """The shared libraries of programs and libraries, as the loader of this host finds them."""
    done = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0 or "not found" in done.stdout:
        raise Failure(f"ldd: {done.stderr}{done.stdout}")
    return sorted(set(re.findall(r"(/\S+) \(0x", done.stdout)))


def kernel(folder):
    """Image and modules of the kernel package that was unpacked in a folder; None if there is none."""
    images = sorted(folder.glob("boot/vmlinuz-*"))
    if not images:
        return None
    return images[-1], folder / "lib/modules" / images[-1].name.removeprefix("vmlinuz-")


def _modules_in_order(modules):
    """The files of _MODULES, each after what modules.dep says that it depends on."""
    dependencies = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        file, _, needs = line.partition(":")
        dependencies[file] = needs.split()
    files = []
    for name in _MODULES:
        file = next(file for file in dependencies if Path(file).stem == name)
        files += [one for one in [*reversed(dependencies[file]), file] if one not in files]
    return files


def write_image(path, modules, configuration):
    """`modules`: the folder of kernel modules; `configuration`: the gateway's, with keys. The file is secret, too."""
    programs = {"/usr/bin/sallyportd": program("sallyportd"), "/usr/bin/sallyport": program("sallyport")}
    drivers = [_DRIVERS / f"librte_{name}.so.23" for name in _DRIVER_NAMES]
    with Initramfs(path) as image:
        for folder in ("bin", "lib", "lib64", "sbin"):
            image.link(f"/{folder}", f"usr/{folder}")
        image.link("/var/run", "/run")
        for applet in _APPLETS:
            image.link(f"/usr/bin/{applet}", "busybox")
        image.file("/usr/bin/busybox", shutil.which("busybox"))
        image.file("/init", Path(__file__).with_name("nic_guest_init.sh"))
        image.file("/etc/sallyport.conf", configuration)
        for target, source in programs.items():
            image.file(target, source)
        for library in [_LOADER, *drivers, *_needed([*programs.values(), *drivers])]:
            image.library(str(library))
        for number, module in enumerate(_modules_in_order(modules)):
            image.file(f"/modules/{number:02}-{Path(module).name}", modules / module)
