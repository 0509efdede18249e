# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws GTK's inspector with its page of pools, in light and dark.

usage: draw-inspector.py MODULE SPY PROGRAM FOLDER
"""

import sys

import inspecting

MODULES, PROGRAM, FOLDER = sys.argv[1:3], sys.argv[3], sys.argv[4]
# As long as it takes until most of a history is there.
BEFORE = ["size 880x500", "show", "sort Live", "wait 45000"]
AFTER = ["unfocus", "wait 1500"]

inspecting.run(MODULES, [PROGRAM], [*BEFORE, "select tree nodes", *AFTER,
                                    f"picture {FOLDER}/inspector.png"])
inspecting.run(MODULES, [PROGRAM], [*BEFORE, "select requests", "wait 1500", "click Call Sites",
                                    *AFTER, f"picture {FOLDER}/inspector-dark.png"],
               theme="Default:dark", FSMM_DEBUG="trace")
