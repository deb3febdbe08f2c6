#!/usr/bin/env python3
"""Draws the modules of `swift package dump-package`, read from standard input, as an SVG picture on
standard output.

A module is drawn above those that it imports. Arrows implied by others are omitted. It needs only
Python, and its output is reproducible.
"""
import json
import sys
from html import escape

KERNELS, KERNEL_PREFIX, INTERFACE = "kernels", "InfoldKernels", "InfoldKernelInterface"
HEIGHT, ROW, GAP, MARGIN, LETTER = 30, 78, 18, 14, 7.6
SWEEPS = 24

STYLE = """
text{font:13px system-ui,sans-serif;fill:#1f2328;text-anchor:middle}
rect{fill:#f6f8fa;stroke:#8c959f;rx:6px}
.product rect{fill:#ddf4ff;stroke:#0969da;stroke-width:1.6px}
.system rect{stroke-dasharray:4 3}
path{fill:none;stroke:#8c959f;stroke-width:1.2px;marker-end:url(#arrow)}
marker path{fill:#8c959f;stroke:none;marker-end:none}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}
rect{fill:#161b22;stroke:#6e7681}
.product rect{fill:#0c2d6b;stroke:#58a6ff}
path{stroke:#6e7681}
marker path{fill:#6e7681;stroke:none}
}
"""


def modules(package):
    """The modules other than tests, with their imports, kinds, and descriptions."""

    def name(target):
        is_kernel = target.startswith(KERNEL_PREFIX)
        return KERNELS if is_kernel else target

    products = {name(target) for product in package["products"] for target in product["targets"]}
    own = [
        target
        for target in package["targets"]
        if target["type"] != "test" and not (target.get("path") or "").startswith("Tests/")
    ]
    names = {target["name"] for target in own}
    imports, kinds = {}, {}
    for target in own:
        module = name(target["name"])
        wanted = [next(iter(dependency.values()))[0] for dependency in target["dependencies"]]
        imports.setdefault(module, set()).update(name(other) for other in wanted if other in names)
        is_product = module in products and module not in (KERNELS, INTERFACE, "CMachine")
        kinds[module] = "system" if target["type"] == "system" else "product" if is_product else "module"
    for module, others in imports.items():
        others.discard(module)
    return {module: sorted(imports[module]) for module in sorted(imports)}, kinds


def reachable(imports):
    """All direct and indirect imports of each module."""
    known = {}

    def visit(module):
        if module not in known:
            known[module] = set(imports[module]).union(*(visit(other) for other in imports[module]))
        return known[module]

    for module in imports:
        visit(module)
    return known


def reduced(imports):
    """The transitive reduction."""
    known = reachable(imports)
    return {
        module: [other for other in others if not any(other in known[third] for third in others)]
        for module, others in imports.items()
    }


def layered(edges):
    """The row of each module: as low as its importers allow. Modules without imports are directly
    below their first importer."""
    importers = {module: [other for other in edges if module in edges[other]] for module in edges}
    depth = {}

    def below(module):
        if module not in depth:
            depth[module] = 1 + max((below(other) for other in edges[module]), default=-1)
        return depth[module]

    for module in edges:
        below(module)
    bottom = max(depth.values())
    rows = {module: bottom - depth[module] for module in edges}
    for module in sorted(edges, key=lambda module: (rows[module], module)):
        if not edges[module] and importers[module]:
            rows[module] = 1 + max(rows[other] for other in importers[module])
    return rows


def with_bends(edges, rows):
    """The rows with their nodes, and connections between neighboring rows. Long connections bend
    around boxes."""
    lines = [[] for _ in range(max(rows.values()) + 1)]
    for module in edges:
        lines[rows[module]].append(module)
    links, routes = [], {}
    for module, others in edges.items():
        for other in others:
            route = [module]
            for row in range(rows[module] + 1, rows[other]):
                bend = (module, other, row)
                lines[row].append(bend)
                route.append(bend)
            route.append(other)
            links += zip(route, route[1:])
            routes[module, other] = route
    return lines, links, routes


def ordered(lines, links):
    """Orders each row to reduce crossings, by the mean position of neighbors, in sweeps down and
    up. Returns the best result."""
    above, under = {}, {}
    for a, b in links:
        under.setdefault(a, []).append(b)
        above.setdefault(b, []).append(a)

    def crossings(lines):
        place = {node: index for line in lines for index, node in enumerate(line)}
        row = {node: index for index, line in enumerate(lines) for node in line}
        count = 0
        for index in range(len(lines)):
            here = [(place[a], place[b]) for a, b in links if row[a] == index]
            count += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(here) for c, d in here[:i])
        return count

    best = [list(line) for line in lines]
    for sweep in range(SWEEPS):
        is_down = sweep % 2 == 0
        for index in range(len(lines)) if is_down else reversed(range(len(lines))):
            place = {node: position for line in lines for position, node in enumerate(line)}
            near = above if is_down else under

            def middle(node):
                others = [place[other] for other in near.get(node, [])]
                return sum(others) / len(others) if others else place[node]

            lines[index] = sorted(lines[index], key=lambda node: (middle(node), place[node]))
        if crossings(lines) < crossings(best):
            best = [list(line) for line in lines]
    return best


def width(node):
    return 8 if isinstance(node, tuple) else 22 + LETTER * len(title(node))


def title(module):
    return "InfoldKernels…" if module == KERNELS else module


def placed(lines, links):
    """The center of each node: close to its neighbors, as far as the others in its row allow."""
    near = {}
    for a, b in links:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    x = {}
    for line in lines:
        left = 0.0
        for node in line:
            x[node] = left + width(node) / 2
            left += width(node) + GAP
        for node in line:
            x[node] -= left / 2
    for _ in range(200):
        for line in lines:
            wanted = {n: sum(x[o] for o in near[n]) / len(near[n]) if n in near else x[n] for n in line}
            # From both ends, as close to the desired position as order and widths allow; the mean
            # of both.
            low, high = {}, {}
            edge = float("-inf")
            for node in line:
                low[node] = max(wanted[node], edge + width(node) / 2)
                edge = low[node] + width(node) / 2 + GAP
            edge = float("inf")
            for node in reversed(line):
                high[node] = min(wanted[node], edge - width(node) / 2)
                edge = high[node] - width(node) / 2 - GAP
            for node in line:
                x[node] = (low[node] + high[node]) / 2
    left = min(x[node] - width(node) / 2 for node in x)
    return {node: x[node] - left + MARGIN for node in x}


def picture(package):
    imports, kinds = modules(package)
    edges = reduced(imports)
    rows = layered(edges)
    lines, links, routes = with_bends(edges, rows)
    x = placed(ordered(lines, links), links)
    y = {node: MARGIN + ROW * row for node, row in rows.items()}
    total = (max(x[n] + width(n) / 2 for n in x) + MARGIN, MARGIN * 2 + HEIGHT + ROW * (len(lines) - 1))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total[0]:.0f} {total[1]}" width="{total[0]:.0f}" '
        f'height="{total[1]}" role="img" aria-label="The modules, each above those that it imports">',
        f"<style>{STYLE}</style>",
        '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8Z"/></marker>',
    ]
    for (module, other), route in sorted(routes.items()):
        points = [(x[module], y[module] + HEIGHT)]
        for bend in route[1:-1]:
            row = MARGIN + ROW * bend[2]
            points += [(x[bend], row), (x[bend], row + HEIGHT)]
        points.append((x[other], y[other]))
        path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
        for index in range(0, len(points), 2):
            (a, b), (c, d) = points[index], points[index + 1]
            half = (b + d) / 2
            path += f"C{a:.1f} {half:.1f} {c:.1f} {half:.1f} {c:.1f} {d:.1f}"
            if index + 2 < len(points):
                path += f"V{points[index + 2][1]:.1f}"
        parts.append(f'<path d="{path}"/>')
    for module in edges:
        words = title(module)
        hint = "one module for each instruction set" if module == KERNELS else "imports " + ", ".join(imports[module])
        parts.append(
            f'<g class="{kinds[module]}"><title>{escape(words)}: {escape(hint if imports[module] else "imports none")}</title>'
            f'<rect x="{x[module] - width(module) / 2:.1f}" y="{y[module]}" width="{width(module):.1f}" height="{HEIGHT}"/>'
            f'<text x="{x[module]:.1f}" y="{y[module] + 20}">{escape(words)}</text></g>'
        )
    return "\n".join(parts + ["</svg>"]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(picture(json.load(sys.stdin)))
