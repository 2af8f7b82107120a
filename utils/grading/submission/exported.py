"""Python files that were exported from a notebook: their commands, which are not Python, and what they say."""

import ast
import re
import warnings

# How exports keep commands: as they were, behind Databricks' mark, or as calls of IPython.
_LEFT_AS_IT_WAS = re.compile(r"^([ \t]*)([%!][ \t]*\w.*)$", re.M)
_MARKED = re.compile(r"^[ \t]*(?:pass  # |# MAGIC )([%!][ \t]*\w.*)$", re.M)
_IPYTHON = re.compile(r"^[ \t]*get_ipython\(\)\.(system|run_line_magic)\([ \t]*(['\"])([^'\"\n]*)\2"
                      r"(?:[ \t]*,[ \t]*(['\"])([^'\"\n]*)\4)?[ \t]*\)[ \t]*$", re.M)


def as_python(text: str) -> str:
    """A Python file as it is or, where a notebook's commands make it invalid, with each of them commented out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like in the stranger's code
            ast.parse(text.lstrip("\ufeff"))
        return text
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _LEFT_AS_IT_WAS.sub(r"\1pass  # \2", text)


def exported_commands(text: str) -> list[str]:
    """The commands that such a file holds, as a notebook would, in order of their lines."""
    found = [(match.start(), match[1]) for match in _MARKED.finditer(text)]
    for match in _IPYTHON.finditer(text):
        command = f"!{match[3]}" if match[1] == "system" else f"%{match[3]} {match[5] or ''}".rstrip()
        found.append((match.start(), command))
    return [command for _, command in sorted(found)]
