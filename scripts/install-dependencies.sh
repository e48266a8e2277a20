#!/bin/bash
# Installs from Debian 12 what the build, the tests and the examples need and what
# is not there yet. Root, or a user with sudo. Nothing is touched when all is there.
set -euo pipefail

# What must be there.
required=(
  libmlir-22-dev mlir-22-tools llvm-22-dev        # the compiler's ground; FileCheck and lit
  clang-22 lld-22 clang-format-22 libclang-rt-22-dev  # compiler, linker, style, sanitizers
  cmake ninja-build ccache python3
  libopenmpi-dev openmpi-bin                      # the mpi transport
  libdnnl-dev nlohmann-json3-dev zlib1g-dev       # matrix products; the manifest; packed .npz
  libgtest-dev libbenchmark-dev
)
# Only nice to have: the examples make their own text without it.
optional=(bible-kjv bible-kjv-text)

is_installed() {
  [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]
}

missing=()
for package in "${required[@]}"; do
  is_installed "$package" || missing+=("$package")
done
wanted=()
for package in "${optional[@]}"; do
  is_installed "$package" || wanted+=("$package")
done
if [ ${#missing[@]} -eq 0 ] && [ ${#wanted[@]} -eq 0 ]; then
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "error: these packages are missing and there is no apt-get: ${missing[*]} ${wanted[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "error: these packages are missing: ${missing[*]} ${wanted[*]}; install them as root, or install sudo" >&2
    exit 1
  fi
  as_root=(sudo)
fi

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"
}
echo "installing: ${missing[*]} ${wanted[*]}"
apt update || echo "warning: the package lists could not be updated" >&2
if [ ${#missing[@]} -gt 0 ]; then
  apt install --no-install-recommends -y "${missing[@]}" >/dev/null
fi
if [ ${#wanted[@]} -gt 0 ]; then
  apt install --no-install-recommends -y "${wanted[@]}" >/dev/null ||
    echo "warning: ${wanted[*]} could not be installed; examples use a synthetic text" >&2
fi
