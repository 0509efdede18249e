# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The part of `run` that tests in systems of other releases and processors: see on-system.sh.

on_system=$root/build-aux/on-system.sh
systems=()
systems_folder=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/fsmm-glib

add_system() {
  local names
  names=$("$on_system" --list | cut -d' ' -f1)
  grep -qxF -e "$1" <<<"$names" || misused "--on needs one of: $(xargs <<<"$names")"
  systems+=("$1")
}

set_systems_folder() {
  [[ -n $1 ]] || misused '--systems needs a folder'
  systems_folder=$(realpath -m -- "$1") || exit
}

# What this machine has to have for that.
systems_packages() {
  local name
  echo python3 debootstrap debian-archive-keyring
  for name in "${systems[@]}"; do
    [[ $("$on_system" --setup "$name") == emulated ]] || continue
    # It has to be the one that needs no libraries.
    case $(</etc/debian_version) in
      12* | bookworm*) echo qemu-user-static ;;
      *) echo qemu-user ;;
    esac
    break
  done
}

# What such a system has to have: what is not a library is for this machine's own processor.
emulated_packages() {
  echo g{cc,++}-aarch64-linux-gnu {libc6,libglib2.0,libdw,systemtap-sdt}-dev:arm64 libstdc++6:arm64
  echo meson ninja-build pkgconf python3
}

prepare_systems() {
  ((${#systems[@]})) || return 0
  is_debian || die '--on needs Debian, for debootstrap'
  ((EUID == 0)) || has sudo ||
    die "--on needs root, to make a system and to change into it, and there is no sudo: run it as root"
  ensure_debian_packages systems
  python=$(system_python)
}

# add_left_out SETUP NAME: has the summary of that run say which tests it leaves out, and why.
add_left_out() {
  [[ $1 != emulated ]] || runs+=(--left-out "$2" "$root/tests/not-emulated.txt")
}

# test_on SYSTEM: as test_under, in a system of its own.
test_on() {
  local setup logs=$build-$1/meson-logs report sudo=()
  ((EUID == 0)) || sudo=(sudo)
  setup=$("$on_system" --setup "$1")
  report=$logs/run-test-$setup
  rm -f -- "$report".{json,xml}
  step "Testing on $1"
  "${sudo[@]}" "$on_system" "$systems_folder" "$1" "$root" "$build-$1" /source/run test \
    --build-dir /build --setup "$setup" --no-summary "${arguments[@]}"
  runs+=(--run "$1" "$?" "$report.json" "$report.xml")
  add_left_out "$setup" "$1"
}
