"""Draw costs against sizes, both on logarithmic scales, as a small SVG for the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP = 640, 360, 60, 44, 40
COLOURS = ("#0b5fa5", "#b4490f", "#3b7d23", "#6b4aa0")


@dataclass(frozen=True)
class Curve:
    """A name, and (size, cost) in any order."""

    name: str
    points: Sequence[tuple[float, float]]


def draw(file: Path, heading: str, curves: Sequence[Curve]) -> None:
    """Write the plot; a dotted line from the first point of the first curve shows "linear"."""
    sizes = [size for curve in curves for size, _ in curve.points]
    costs = [max(cost, 1e-3) for curve in curves for _, cost in curve.points]
    across = (floor(log10(min(sizes))), ceil(log10(max(sizes))))
    up = (floor(log10(min(costs))), ceil(log10(max(costs))))

    def place(size: float, cost: float) -> str:
        x = (log10(size) - across[0]) / max(across[1] - across[0], 1)
        y = (log10(max(cost, 1e-3)) - up[0]) / max(up[1] - up[0], 1)
        return (
            f"{LEFT + x * (WIDTH - LEFT - RIGHT):.1f},{HEIGHT - 40 - y * (HEIGHT - 40 - TOP):.1f}"
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{escape(heading)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(heading)}</text>',
    ]
    for power in range(across[0], across[1] + 1):
        a, b = place(10.0**power, 10.0 ** up[0]), place(10.0**power, 10.0 ** up[1])
        parts.append(f'<polyline points="{a} {b}" stroke="#ddd"/>')
        x, y = a.split(",")
        parts.append(
            f'<text x="{x}" y="{float(y) + 16:.0f}" text-anchor="middle">{10**power:,}</text>'
        )
    for power in range(up[0], up[1] + 1):
        a, b = place(10.0 ** across[0], 10.0**power), place(10.0 ** across[1], 10.0**power)
        parts.append(f'<polyline points="{a} {b}" stroke="#ddd"/>')
        x, y = a.split(",")
        parts.append(
            f'<text x="{float(x) - 6:.0f}" y="{float(y) + 4:.0f}" text-anchor="end">'
            f"{10.0**power:g}</text>"
        )
    first, cost = min(curves[0].points)
    last = min(max(sizes), first * 10 ** up[1] / max(cost, 1e-3))  # not beyond the frame
    parts.append(
        f'<polyline points="{place(first, cost)} {place(last, cost * last / first)}" '
        'stroke="#888" stroke-dasharray="3 4" fill="none"/>'
    )
    for i, curve in enumerate(curves):
        colour = COLOURS[i % len(COLOURS)]
        points = " ".join(place(*point) for point in sorted(curve.points))
        parts.append(
            f'<polyline points="{points}" stroke="{colour}" stroke-width="2" fill="none"/>'
        )
        parts.append(
            f'<text x="{LEFT + 12}" y="{TOP + 16 + 16 * i}" fill="{colour}">{escape(curve.name)}'
            "</text>"
        )
    parts.append(
        f'<text x="{LEFT + 12}" y="{TOP + 16 + 16 * len(curves)}" fill="#666">dotted: in '
        "proportion to the size</text></svg>"
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(parts) + "\n", encoding="utf-8")
