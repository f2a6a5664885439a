"""What is measured, a file each. A measure has `name`, `title`, `rounds` (quick, full), `plan`, `take`, `text`."""

from . import (
    backends, calls, churn, dispatch, echo, hold, instructions, probe, register, spin, story, timers, wake,
)

MODULES = (echo, calls, instructions, churn, hold, dispatch, register, wake, timers, spin, backends, story, probe)
MEASURES = {module.MEASURE.name: module.MEASURE for module in MODULES}
