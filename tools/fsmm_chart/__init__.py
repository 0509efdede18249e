# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws what pools had in memory while a program ran: see the command fsmm-chart."""


class Error(Exception):
    """What is said to the user before the program ends."""
