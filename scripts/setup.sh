#!/usr/bin/env bash
# Installs the packages that vga is built and tested with: Debian 12 or 13, or
# another system of that family whose sources have LLVM 22. Does nothing, in a
# moment, when they are all there.
set -euo pipefail

packages=(
  # The compiler that vga is made of; the -dev packages are what CMake finds.
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools
  # What a single-file build (preset release-static) links besides.
  zlib1g-dev libzstd-dev
  # What compiles it, with the sanitizers' runtime (preset asan).
  clang-22 libclang-rt-22-dev lld-22 cmake ninja-build ccache
  # The runtime under compiled parallel loops.
  libomp-22-dev
  # Unit tests, the numerical oracle, the check of the code's format.
  libgtest-dev python3 python3-numpy clang-format-22
)

fail() {
  echo "error: $*" >&2
  exit 1
}

# dpkg-query fails when it knows nothing of a package; the list still counts.
list_missing() {
  local installed
  installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' \
    "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    grep -qx "installed $package" <<<"$installed" || echo "$package"
  done
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "this is not a Debian system (no apt-get): install LLVM and MLIR 22.1 and the tools listed in scripts/setup.sh in your system's way, then follow docs/getting-started.md"

mapfile -t missing < <(list_missing)
[ ${#missing[@]} -eq 0 ] && exit 0
[ "$(id -u)" -eq 0 ] ||
  fail "packages are missing, and only root can install them: ${missing[*]}"

log=$(mktemp "${TMPDIR:-/tmp}/vga-setup.XXXXXX.log")
run_apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >>"$log" 2>&1 </dev/null
}

echo "Installing ${#missing[@]} packages: ${missing[*]}"
run_apt update || fail "'apt-get update' failed; its output is in $log"
for package in "${missing[@]}"; do
  [ -n "$(apt-cache --names-only search "^$package\$")" ] ||
    fail "no package '$package' in this system's sources: Debian 12 and 13 have it with their security updates, other systems through the LLVM project's own package sources"
done
run_apt install --yes --no-install-recommends "${missing[@]}" ||
  fail "'apt-get install' failed; its output is in $log"
rm -f "$log"
