"""What a program prints in a terminal, as a page."""

import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import termios

COLUMNS, ROWS = 140, 60
# The sixteen colours, by number: those of a dark terminal.
COLOURS = (
    "#3b4252 #ff7b72 #62d088 #e5c454 #8ab0ff #d2a8ff #76d9e6 #d8dee9 "
    "#59626f #ff8a80 #7ee2a0 #f2d675 #a8c5ff #e2c5ff #9be8f2 #ffffff"
).split()

PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 18px; background: #fff; }}
main {{ border-radius: 10px; overflow: hidden; background: #14181f; color: #d8dee9; }}
header {{ padding: 9px 14px; background: #20262f; color: #9aa4b2; font: 13px system-ui, sans-serif; }}
header i {{ display: inline-block; width: 11px; height: 11px; margin-right: 7px; border-radius: 50%; background: #4a5260; }}
pre {{ margin: 0; padding: 14px 16px 18px; font: 12.5px/1.42 "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
b {{ font-weight: 700; }}
</style><main><header><i></i><i></i><i></i></header><pre><b>$ {command}</b>
{text}</pre></main>"""


def printed(arguments):
    """What a program prints if stdout is a terminal."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = os.environ | {"TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(arguments, stdin=its, stdout=its, stderr=its, env=environment)
    os.close(its)
    parts = []
    # Linux fails a read where others say that it is the end.
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:
        pass
    os.close(ours)
    process.wait()
    return b"".join(parts).decode().replace("\r\n", "\n")


def style(codes, before):
    """The style after a sequence of codes (ECMA-48, SGR), as CSS by property."""
    style = dict(before)
    numbers = [int(code or 0) for code in codes.split(";")]
    while numbers:
        number = numbers.pop(0)
        if number == 0:
            style = {}
        elif number == 1:
            style["font-weight"] = "700"
        elif number == 2:
            style["opacity"] = ".6"
        elif number == 22:
            style.pop("font-weight", None), style.pop("opacity", None)
        elif number == 39:
            style.pop("color", None)
        elif 30 <= number <= 37 or 90 <= number <= 97:
            style["color"] = COLOURS[number - 30 if number < 90 else number - 82]
        elif number == 38 and numbers[:1] == [5]:
            style["color"] = COLOURS[numbers[1]]
            del numbers[:2]
        else:
            raise ValueError(f"the code {number} is not known")
    return style


def terminal(command, text):
    """A page that shows this text, colours and all, below the command that printed it."""
    shown, now = [], {}
    for part in re.split(r"(\x1b\[[0-9;]*m)", text.rstrip()):
        if part.startswith("\x1b["):
            now = style(part[2:-1], now)
        elif part:
            css = ";".join(f"{name}:{value}" for name, value in now.items())
            shown.append(f'<span style="{css}">{html.escape(part)}</span>' if css else html.escape(part))
    return PAGE.format(command=html.escape(command), text="".join(shown))
