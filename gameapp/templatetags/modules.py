"""`{% module "games/<slug>/main.js" %}`: a page's own script, with what it imports on its way at once."""

import functools
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from gameapp.bundles import needed
from gameapp.context import everywhere, files, modules

register = template.Library()


@register.simple_tag
def module(path: str) -> SafeString:
    """The script of a static file; the modules that it needs are preloaded, so that none waits for another."""
    preloads = format_html_join("", '<link rel="modulepreload" href="{}">', ((static(each),) for each in _others(path)))
    return format_html('{}<script type="module" src="{}"></script>', preloads, static(path))


@functools.cache
def _others(path: str) -> tuple[str, ...]:
    sources = {name: Path(found).read_text() for name, each in modules().items() if (found := finders.find(each))}
    entry = next(name for name, each in modules().items() if each == path)
    loaded = (files()[name] for name in needed(entry, sources) if name != entry)
    return tuple(each for each in loaded if each != everywhere()["script"])
