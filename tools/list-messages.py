"""Lists every error message, warning, hint and help text in the sources, so that they can be read in one go.

    tools/list-messages.py [FOLDER...]

Each line has the place, the error code where there is one, and the text as it stands in the source.
"""
import pathlib
import re
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
# Calls whose string arguments people read.
CALLS = re.compile(
    r"\b(InfoldError|InfoldError\.init|ValidationError|ModelWarning|Warning|ArgumentHelp|CommandConfiguration|fault|refuse|refused|reject)\(")
LABELS = re.compile(r"\b(help|hint|abstract|discussion|reason|message):\s*(?=\")")


def literal_end(text: str, start: int) -> int:
    """The position after the string literal that begins at `start`, whose interpolations may hold literals."""
    quote = '"""' if text.startswith('"""', start) else '"'
    at = start + len(quote)
    while at < len(text):
        if text.startswith("\\(", at):
            depth, at = 1, at + 2
            while depth and at < len(text):
                if text[at] == '"':
                    at = literal_end(text, at)
                    continue
                depth += {"(": 1, ")": -1}.get(text[at], 0)
                at += 1
        elif text[at] == "\\":
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    return at


def literals(text: str, start: int, whole_call: bool):
    """The literals of the call whose parenthesis opens before `start`, or the one literal (and those added to it) there."""
    depth, at = 1, start
    while at < len(text) and depth:
        if text[at] == '"':
            end = literal_end(text, at)
            yield text[at:end]
            at = end
            if not whole_call:
                more = re.match(r"\s*\+\s*(?=\")", text[at:])
                if not more:
                    return
                at += more.end()
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1


def main() -> None:
    folders = [pathlib.Path(argument) for argument in sys.argv[1:]]
    folders = folders or [REPOSITORY / "Sources", REPOSITORY / "Server" / "Sources"]
    for path in sorted(path for folder in folders for path in folder.rglob("*.swift") if not path.is_symlink()):
        text = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE)
        covered = 0
        places = sorted([(m.end(), True) for m in CALLS.finditer(text)] + [(m.end(), False) for m in LABELS.finditer(text)])
        for start, whole_call in places:
            if start < covered:
                continue
            found = list(literals(text, start, whole_call))
            if not found:
                continue
            covered = text.index(found[-1], start) + len(found[-1])
            code = re.match(r"\s*\.(\w+)", text[start:])
            line = text.count("\n", 0, start) + 1
            words = " + ".join(re.sub(r"\s+", " ", literal) for literal in found)
            name = path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path
            print(f"{name}:{line}: {code[1] + ' ' if whole_call and code else ''}{words}")


main()
