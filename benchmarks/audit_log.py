#!/usr/bin/env python3
"""Reading and writing an audit log of ten million rows; see README.md.

    python benchmarks/audit_log.py [--rows 10_000_000] [--seconds 10] [--rounds 3]

It goes on in `audit/`.
"""

from launching import launch

if __name__ == "__main__":
    launch("benchmarks.audit")
