"""Messages to Slack as a channel shows them, as far as a page can tell."""

import html
import re

PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 14px 20px 20px; background: #fff; color: #1d1c1d;
  font: 15px/1.47 Lato, "Noto Sans", "DejaVu Sans", system-ui, sans-serif; }}
.message {{ display: grid; grid-template-columns: 36px 1fr; gap: 2px 10px; padding: 9px 0; }}
.face {{ grid-row: span 9; width: 36px; height: 36px; border-radius: 6px; background: #2555c4; }}
.face svg {{ padding: 8px; fill: none; stroke: #fff; stroke-width: 2.6; stroke-linecap: round; }}
.who b {{ margin-right: 6px; font-weight: 700; }}
.who small {{ padding: 1px 4px; border-radius: 3px; background: #eceaec; color: #616061; font-size: 10px; font-weight: 700; }}
.who time {{ margin-left: 6px; color: #616061; font-size: 12px; }}
.attachment {{ margin: 3px 0; padding: 3px 0 3px 12px; border-left: 4px solid var(--colour); border-radius: 4px 0 0 4px; }}
.attachment b {{ display: block; font-weight: 700; }}
.mention {{ padding: 0 2px; border-radius: 3px; background: #e8f1fa; color: #1264a3; }}
code {{ padding: 1px 4px; border: 1px solid #dddcdd; border-radius: 3px; background: #f6f6f6; color: #c01343; font-size: 12px; }}
</style>{messages}"""

MESSAGE = """<div class="message"><div class="face"><svg viewBox="0 0 24 24"><circle cx="10" cy="10" r="6.5"/>
<path d="M15 15l6 6"/></svg></div><div class="who"><b>Sleuth</b><small>APP</small><time>10:00</time></div>
<div>{attachments}</div></div>"""


def text(written, names):
    """Slack's markup, as far as Sleuth writes it. What is escaped in it stays so."""
    called = re.sub(
        r"<(?:@|!subteam\^)([A-Z0-9]+)>", lambda id: f'<span class="mention">@{html.escape(names[id[1]])}</span>', written
    )
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", called).replace("\n", "<br>")


def attachment(each, names):
    colour, title = each.get("color", "#dddddd"), html.escape(each["title"])
    return f'<div class="attachment" style="--colour: {colour}"><b>{title}</b>{text(each["text"], names)}</div>'


def channel(payloads, names):
    """A page with these messages, people shown by these names."""
    messages = (
        MESSAGE.format(attachments="".join(attachment(each, names) for each in payload["attachments"]))
        for payload in payloads
    )
    return PAGE.format(messages="".join(messages))
