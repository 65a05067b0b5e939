"""How the command line shows progress and errors."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

from affectkit.errors import AffectkitError

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


def show_error(error: AffectkitError) -> None:
    """Print what was wrong and what to do, without a traceback."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True)
    console.print(Text("Error: ", style="bold red") + Text(error.problem))
    if error.remedy:
        console.print(Text("To mend it: ", style="bold") + Text(error.remedy))


class Bars(AbstractContextManager["Bars"]):
    """A progress bar for each stage of one file, or one for all files of a batch.

    Parameters
    ----------
    files
        How many files there are; with more than one, stages are shown beside the count.
    quiet
        Show nothing.
    """

    def __init__(self, files: int, *, quiet: bool) -> None:
        self.files = files
        self.quiet = quiet
        self._bars: RichProgress | None = None
        self._stages: dict[str, TaskID] = {}
        self._all: TaskID | None = None

    def __enter__(self) -> Bars:
        if self.quiet:
            return self
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.progress import TimeRemainingColumn as Remaining

        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            Remaining(compact=True),
            console=Console(stderr=True),
            transient=self.files > 1,
        )
        self._bars.start()
        if self.files > 1:
            self._all = self._bars.add_task("files", total=self.files)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def stage(self, name: str, stage: str, done: float, total: float | None) -> None:
        """Show how far a stage of the file `name` is."""
        if self._bars is None:
            return
        key = stage if self.files == 1 else name
        if key not in self._stages:
            self._stages[key] = self._bars.add_task(key, total=total)
        label = stage if self.files == 1 else f"  {name}: {stage}"
        self._bars.update(self._stages[key], completed=done, total=total, description=label)

    def ended(self, name: str) -> None:
        """Count the file `name` as ended."""
        if self._bars is None or self._all is None:
            return
        self._bars.advance(self._all)
        if name in self._stages:
            self._bars.remove_task(self._stages.pop(name))

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        if self._bars is not None:
            from rich.text import Text

            self._bars.console.print(Text(text), soft_wrap=True)
