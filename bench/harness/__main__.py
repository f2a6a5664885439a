"""What bench/run starts."""

import pathlib
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])  # not this folder, whose modules are a package's
from harness.main import main  # noqa: E402

sys.exit(main())
