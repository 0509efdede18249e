#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs a command in a Debian system that has a folder to itself, and makes that system first where
# it is not there yet. It is what "./run test --on SYSTEM" does; see usage below.
#
# Mounts are made in a namespace of this program's own: however it ends, they end with it.
set -u

usage() {
  cat <<'USAGE'
Usage: build-aux/on-system.sh FOLDER SYSTEM SOURCE BUILD COMMAND...
       build-aux/on-system.sh --list | --setup SYSTEM

Runs COMMAND in SYSTEM, which is in FOLDER/SYSTEM. There SOURCE is /source, and cannot be written
to; BUILD is /build. A system that is not there yet is made with debootstrap from the mirror that
this machine's apt uses, and kept. Remove its folder to have it made anew.

With --list, says which systems there are; with --setup, how the tests are to be built in SYSTEM.

Needs root. Exits with the status of COMMAND, or with 125 if it could not be run.
USAGE
}

# Name, release, architecture, that of libraries besides (or - for those of this machine, or for
# none), setup of the tests.
systems() {
  cat <<'SYSTEMS'
bookworm  bookworm  -     -      plain
trixie    trixie    -     -      plain
sid       sid       -     -      plain
i386      bookworm  i386  -      c
arm64     trixie    -     arm64  emulated
SYSTEMS
}

# What a system takes with all packages that the tests need, and a build of them.
NEEDED_MIB=3000

die() {
  printf 'on-system: %s\n' "$*" >&2
  exit 125
}

step() { printf '→ %s\n' "$*" >&2; }

# --- Which system -------------------------------------------------------------------------------

find_system() {
  read -r _ suite architecture foreign setup < <(systems | grep "^$1 ")
  [[ -n ${suite:-} ]] || die "there is no system $1: choose one of $(systems | cut -d' ' -f1 | xargs)"
  [[ $architecture != - ]] || architecture=$(dpkg --print-architecture) ||
    die 'this is not Debian: there is no dpkg'
}

# The first address from which this machine's apt gets Debian, or Debian's own.
find_mirror() {
  local found
  found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    grep -m 1 -E '^https?://.*/debian/?$')
  mirror=${found:-http://deb.debian.org/debian}
}

# --- Making it ----------------------------------------------------------------------------------

has_space() {
  local free
  free=$(df --output=avail --block-size=1M -- "$1" | tail -n 1)
  ((free >= NEEDED_MIB)) ||
    die "no space: a system needs $NEEDED_MIB MiB, and $1 has $((free)) left"
}

# explain LOG: what went wrong, in words, as far as debootstrap's own tell.
explain() {
  cat -- "$1" >&2
  if grep -qE 'Failed getting release file|Couldn.t download|Invalid Release file' "$1"; then
    die "$mirror cannot be reached, or has no $suite for $architecture"
  elif grep -q 'No space left' "$1"; then
    die "no space is left in $folder"
  fi
  die "making $system failed; the output of debootstrap is above, and in $1"
}

# A system has its name only when it is complete: what is called .part was interrupted.
make_system() {
  local part=$system.part log=$build/meson-logs/run-debootstrap.log
  has_space "$folder"
  step "Making $system from $mirror"
  rm -rf --one-file-system -- "$part"
  debootstrap --arch="$architecture" --variant=minbase "$suite" "$part" "$mirror" \
    >"$log" 2>&1 </dev/null || explain "$log"
  [[ $foreign == - ]] || chroot "$part" dpkg --add-architecture "$foreign" || exit 125
  # What is made in minutes need not outlast the loss of power.
  echo force-unsafe-io >"$part/etc/dpkg/dpkg.cfg.d/unsafe-io"
  mv -- "$part" "$system"
}

# --- Emulating ----------------------------------------------------------------------------------

# Has the kernel start qemu for programs of 64-bit ARM. Debian's packages of qemu do the same where
# systemd runs.
register_emulator() {
  local processor=aarch64 kernel=/proc/sys/fs/binfmt_misc rule
  [[ -e $kernel/register ]] || mount -t binfmt_misc binfmt_misc "$kernel" 2>/dev/null ||
    die "this kernel cannot start programs of $processor: it has no binfmt_misc"
  [[ ! -e $kernel/qemu-$processor ]] || return
  rule=$(find /usr/{lib,share/qemu}/binfmt.d -name "qemu-$processor.conf" -print -quit 2>/dev/null)
  [[ -n $rule ]] || die "there is no qemu for $processor: install qemu-user-static, or qemu-user"
  cat -- "$rule" >"$kernel/register" || die "the kernel refused $rule"
}

# --- Being in it --------------------------------------------------------------------------------

mount_all() {
  mkdir -p -- "$system"/{source,build}
  mount --bind -- "$source" "$system/source" &&
    mount -o remount,bind,ro -- "$system/source" &&
    mount --bind -- "$build" "$system/build" &&
    mount -t proc proc "$system/proc" &&
    mount -t tmpfs tmpfs "$system/tmp" &&
    mount --rbind /dev "$system/dev" &&
    mount --rbind /sys "$system/sys" || return
  cp -L --remove-destination /etc/resolv.conf "$system/etc/resolv.conf"
}

# run_inside COMMAND...
run_inside() {
  local name kept=(HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8)
  for name in TERM NO_COLOR {http,https,no}_proxy MESON_TESTTHREADS; do
    [[ -z ${!name:-} ]] || kept+=("$name=${!name}")
  done
  chroot "$system" env -i "${kept[@]}" "$@"
}

# What apt goes through, debootstrap and the system's apt go through as well.
find_proxy() {
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  [[ -z ${proxy:-} || -n ${http_proxy:-} ]] || export http_proxy=$proxy
}

# use_system COMMAND...
use_system() {
  local lock status
  # What runs in the system may take an interruption for a failure: whoever called this shall not.
  trap 'trap - INT; kill -INT $$' INT
  exec {lock}>"$system.lock"
  flock --nonblock "$lock" || die "$system is in use"
  find_mirror
  find_proxy
  [[ $setup != emulated || $architecture == arm64 ]] || register_emulator
  [[ -d $system ]] || make_system
  mount_all || die "$system cannot be prepared: is this a container that may not mount?"
  # It may have been interrupted while packages were installed.
  run_inside dpkg --configure -a >&2 || die "$system is damaged: remove it, to have it made anew"
  run_inside "$@"
  status=$?
  # Whoever called this through sudo can remove what is built.
  chown -R --reference="$source" -- "$build"
  exit "$status"
}

main() {
  case ${1:-} in
    --list) systems; return ;;
    --setup) find_system "${2:-}"; echo "$setup"; return ;;
    '' | -h | --help) usage; return ;;
  esac
  (($# >= 5)) || { usage >&2; exit 125; }
  ((EUID == 0)) || die "needs root, to make a system and to change into it"
  if [[ -z ${FSMM_IN_NAMESPACE:-} ]]; then
    unshare --mount true || die 'mounts are not allowed here: in a container, give it all privileges'
    FSMM_IN_NAMESPACE=1 exec unshare --mount -- "${BASH_SOURCE[0]}" "$@"
  fi

  folder=$1 source=$3 build=$4
  find_system "$2"
  system=$folder/$2
  mkdir -p -- "$folder" "$build/meson-logs" || exit 125
  use_system "${@:5}"
}

main "$@"
