"""What a demonstration shows: headings, verdicts, and a table that moves. Plain lines where there is no terminal."""
import os
import sys
import time

_PLAIN_INTERVAL = 2.0  # seconds between tables where they cannot be drawn over


class Screen:
    def __init__(self, out=sys.stdout):
        self._out = out
        self._moving = out.isatty() and os.environ.get("TERM") not in (None, "dumb")
        self._colours = self._moving and "NO_COLOR" not in os.environ
        self._drawn = 0        # lines of the table on the terminal now
        self._plain_at = 0.0

    def paint(self, text, code):
        return f"\033[{code}m{text}\033[0m" if self._colours else text

    def line(self, text=""):
        self.close_table()
        print(text, file=self._out, flush=True)

    def heading(self, text):
        self.line(self.paint(text, "1"))

    def good(self, text):
        self.line(f"  {self.paint('ok    ', '32')} {text}")

    def bad(self, text):
        self.line(f"  {self.paint('FAILED', '1;31')} {text}")

    def verdict(self, passed, text):
        """Shows the verdict and gives it back."""
        (self.good if passed else self.bad)(text)
        return passed

    def table(self, lines):
        """Draws the lines over those of the call before; without a terminal, prints them now and then."""
        if not self._moving:
            if time.monotonic() - self._plain_at >= _PLAIN_INTERVAL:
                self._plain_at = time.monotonic()
                print("\n".join(lines), file=self._out, flush=True)
            return
        width = os.get_terminal_size(self._out.fileno()).columns
        text = "".join(f"\033[2K{line[:width - 1] if width > 1 else line}\n" for line in lines)
        up = f"\033[{self._drawn}A" if self._drawn else ""
        print(up + text, end="", file=self._out, flush=True)
        self._drawn = len(lines)

    def close_table(self):
        """The table stays as it is; what comes goes below."""
        self._drawn = 0


def columns(rows):
    """Rows of texts as aligned lines: the first and the last column to the left, the others to the right."""
    last = len(rows[0]) - 1
    widths = [max(len(row[i]) for row in rows) for i in range(last + 1)]
    return ["  " + "  ".join(text.ljust(width) if i in (0, last) else text.rjust(width)
                             for i, (text, width) in enumerate(zip(row, widths))).rstrip() for row in rows]


def bar(share, width=40):
    """A progress bar; `share` from 0 to 1."""
    done = round(min(max(share, 0.0), 1.0) * width)
    return "[" + "#" * done + "." * (width - done) + "]"
