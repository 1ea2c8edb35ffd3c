import os
from pathlib import Path


def backend_seconds(pid: int) -> float:
    """Processor time so far of a process on this machine; proc(5): fields 14 and 15."""
    text = Path(f"/proc/{pid}/stat").read_text()
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
