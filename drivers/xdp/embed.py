#!/usr/bin/env python3
"""Turns a compiled BPF object into a C++ source that holds its bytes: embed.py IN.o OUT.cpp."""
import sys

with open(sys.argv[1], "rb") as source:
    data = source.read()

with open(sys.argv[2], "w", encoding="ascii") as target:
    target.write('// Made by drivers/xdp/embed.py from the compiled media.bpf.c.\n')
    target.write('#include "drivers/xdp_program.hpp"\n\nnamespace sallyport::drivers {\nnamespace {\n')
    target.write(f"constexpr unsigned char kObject[{len(data)}] = {{\n")
    for start in range(0, len(data), 20):
        target.write(",".join(str(byte) for byte in data[start:start + 20]) + ",\n")
    target.write("};\n}  // namespace\n\n")
    target.write("std::span<const unsigned char> xdp_object() noexcept { return kObject; }\n\n")
    target.write("}  // namespace sallyport::drivers\n")
