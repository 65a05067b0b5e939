"""Print how large the base install is: packages by size, then weights.

Makes a fresh virtual environment in a temporary folder, installs this checkout without
extras, and adds up the files. With ``--weights`` also installs the base weights there.

    python bench/install_size.py --weights
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET_MB = 1000.0

# Runs inside the new environment: which files belong to which distribution.
_LIST_FILES = """
import json
from importlib.metadata import distributions
print(json.dumps({d.metadata["Name"]: [str(f.locate()) for f in d.files or ()]
                  for d in distributions()}))
"""


def size_of(folder: Path) -> int:
    """Return the size of all files under a folder, in bytes; links count for nothing."""
    found = (file for file in folder.rglob("*") if not file.is_symlink() and file.is_file())
    return sum(file.stat().st_size for file in found)


def main() -> int:
    """Measure and print; the exit status is 1 if the install is over the target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", action="store_true", help="install the base weights, too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "environment"
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        python = str(environment / ("Scripts" if os.name == "nt" else "bin") / "python")
        bare = size_of(environment)
        install = [python, "-m", "pip", "install", "--quiet", str(ROOT)]
        subprocess.run(install, check=True, stdout=sys.stderr)
        total = size_of(environment) - bare
        listed = subprocess.run([python, "-c", _LIST_FILES], check=True, capture_output=True)
        packages: dict[str, int] = defaultdict(int)
        for name, files in json.loads(listed.stdout).items():
            packages[name] += sum(os.path.getsize(file) for file in files if os.path.exists(file))
        packages.pop("pip", None)
        packages.pop("setuptools", None)
        weights = 0
        if asked.weights:
            home = Path(folder) / "weights"
            fetch = [str(Path(python).with_name("affectkit")), "weights", "install", "--quiet"]
            named = {**os.environ, "AFFECTKIT_HOME": str(home)}
            named.pop("PYTHONPATH", None)
            subprocess.run(fetch, check=True, env=named, stdout=sys.stderr)
            weights = size_of(home)
    largest = dict(sorted(packages.items(), key=lambda entry: -entry[1]))
    if asked.json:
        print(json.dumps({"total": total, "weights": weights, "packages": largest}, indent=1))
    else:
        for name, size in largest.items():
            if size >= 1e6:
                print(f"{size / 1e6:8.1f} MB  {name}")
        print(f"{total / 1e6:8.1f} MB  packages in all (target {TARGET_MB:.0f} MB)")
        if asked.weights:
            print(f"{weights / 1e6:8.1f} MB  base weights, after conversion")
    return int(total > TARGET_MB * 1e6)


if __name__ == "__main__":
    sys.exit(main())
