#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Draws Sysprof with the counters of some pools, on a display of its own. It needs Sysprof, and xdotool to
# choose what it shows, in the places where Sysprof 3.46 has it.
#
# usage: draw-sysprof.sh MAKE-CAPTURE PICTURE
set -eu

for tool in sysprof xdotool Xvfb dbus-run-session import convert; do
  command -v "$tool" >/dev/null || { echo "draw-sysprof.sh: there is no $tool" >&2; exit 1; }
done

folder=$(mktemp -d)
capture=$folder/program.syscap
"$1" "$capture"

exec 3>"$folder/number"
Xvfb -displayfd 3 -screen 0 880x420x24 -nolisten tcp >/dev/null 2>&1 &
server=$!
while [[ ! -s $folder/number ]]; do sleep 0.1; done
trap 'kill "$server"; rm -r -- "$folder"' EXIT

export DISPLAY=:$(<"$folder/number") GDK_BACKEND=x11 GSK_RENDERER=cairo GSETTINGS_BACKEND=memory LC_ALL=C.UTF-8
timeout 60 dbus-run-session -- sysprof "$capture" >/dev/null 2>&1 &
window=$(timeout 30 xdotool search --sync --onlyvisible --name "${capture##*/}" | head -n 1)
sleep 3
xdotool windowmove "$window" 0 0 windowsize "$window" 880 420
sleep 2

click() { xdotool mousemove "$1" "$2" click 1; sleep "$3"; }

# Each counter is an item of a menu.
for item in 69 101 133 165; do
  click 221 102 1.2
  click 400 "$item" 1.2
  xdotool key Escape
  sleep 0.6
done
# A second is longer then.
for _ in 1 2 3 4; do click 225 277 0.5; done
xdotool mousemove 700 380
sleep 2
import -window root "$folder/all.png"
convert "$folder/all.png" -crop 880x262+0+0 +repage -strip "$2"
