#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the chart of a run in the guide: of the example xml-tree, with a document made for it.

usage: chart.py SVG FSMM-CHART XML-TREE

What the program times depends on the machine, and so does the chart.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

N_BOOKS = 250_000
BOOK = '<book id="{0}" shelf="{1}"><title lang="en">Number {0}</title><author>Nobody</author></book>\n'

picture, chart, program = sys.argv[1:]
with tempfile.TemporaryDirectory(prefix="fsmm-chart-") as folder:
    document = pathlib.Path(folder, "books.xml")
    with document.open("w", encoding="utf-8") as file:
        file.write("<library>\n")
        file.writelines(BOOK.format(i, i % 100) for i in range(N_BOOKS))
        file.write("</library>\n")
    record = pathlib.Path(folder, "record.csv")
    environment = {**os.environ, "FSMM_DEBUG": f"record={record}"}
    subprocess.run([program, document], env=environment, stdout=subprocess.DEVNULL, check=True)
    subprocess.run([chart, record, "-o", picture], check=True)
