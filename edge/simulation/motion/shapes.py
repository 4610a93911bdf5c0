"""The digits as people write them: forms, stroke orders and directions.

A form is a line of text. Coordinates are relative to the height: x to the right, y up.

    .3,.5       a point; a smooth curve runs through all points
    .3,1!       a corner
    @cx,cy,rx,ry,from,to    part of an ellipse, in degrees: 0 is right, 90 is up
    |           the pen is lifted; in the air this cannot be seen, so a line joins the two strokes
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Line = NDArray[np.float64]
"""(n, 2) points x, y."""

# Each form with a weight: roughly how often adults write the digit in this form.
FORMS: dict[str, list[tuple[float, str]]] = {
    "0": [
        (5.0, "@.35,.5,.35,.5,90,450"),
        (2.0, "@.35,.5,.35,.5,60,425"),
        (1.0, "@.35,.5,.35,.5,110,500"),
        (1.5, "@.35,.5,.35,.5,90,-270"),
        (0.7, "@.35,.5,.35,.5,180,-190"),
        (0.5, "@.35,.5,.35,.5,270,-90"),
        (1.5, "@.35,.5,.35,.5,80,405"),
        (1.0, "@.35,.5,.35,.5,100,490"),
    ],
    "1": [
        (5.0, ".3,1 .3,.5 .3,0"),
        (1.5, ".05,.7 .3,1! .3,.5 .3,0"),
        (1.5, ".14,.84 .3,1! .3,.5 .3,0"),
        (1.0, ".05,.75 .3,1! .3,.5 .3,0 | .05,0 .6,0"),
    ],
    "2": [
        (5.0, "@.33,.7,.3,.3,165,-20 0,0! .35,0 .7,0"),
        (2.0, "@.33,.72,.3,.28,165,-25 .2,.1 .02,.02 .05,.16 .25,.1 .7,0"),
        (1.0, "@.33,.75,.33,.25,180,0 .45,.4 .05,0! .7,.03"),
        (0.5, "0,.95 .6,.95! 0,0! .65,0"),
    ],
    "3": [
        (4.0, "@.28,.76,.27,.24,150,-75 .22,.52! @.28,.25,.32,.26,75,-150"),
        (2.0, "@.28,.77,.27,.23,155,-60 .2,.5 .12,.54 .2,.58 @.28,.26,.32,.26,70,-150"),
        (1.2, "0,1 .55,1! .22,.6! @.26,.3,.32,.3,85,-150"),
        (1.5, "@.28,.76,.27,.24,120,-80 .28,.52! @.28,.25,.32,.26,80,-110"),
    ],
    "4": [
        (2.5, ".25,1 .05,.42! .7,.42 | .5,.8 .5,0"),
        (2.0, ".45,1 0,.35! .7,.35 | .45,.7 .45,0"),
        (2.5, ".5,1 0,.35! .72,.35 | .5,1 .5,0"),
        (2.5, ".15,1 .05,.45! .52,.45! .52,1! .5,0"),
        (1.0, ".5,0! .5,1! 0,.35! .72,.35"),
        (0.7, ".5,1 .5,0 | .2,1 .05,.42! .72,.42"),
        (0.8, ".2,1 .06,.6 .15,.45 .5,.5 | .5,1 .45,0"),
    ],
    "5": [
        (3.5, ".6,1 .1,1! .07,.57! @.25,.3,.33,.3,110,-145"),
        (3.0, ".1,1 .07,.57! @.25,.3,.33,.3,110,-145 | .1,1 .6,1"),
        (1.0, ".6,.97 .3,1 .1,.85 .15,.6 @.27,.3,.3,.3,80,-145"),
        (1.2, ".15,.95 .1,.55! @.27,.3,.3,.28,120,-170 | .12,.95 .65,1"),
        (2.0, ".1,1 .6,1 | .1,1 .07,.57! @.25,.3,.33,.3,110,-145"),
        (1.0, ".55,.95! .15,1! .1,.5! @.25,.3,.33,.27,100,-160"),
    ],
    "6": [
        (4.0, ".5,1 .2,.75 .03,.4 @.3,.25,.27,.25,200,460 .05,.35"),
        (2.0, ".4,1 .12,.65 @.3,.25,.28,.25,185,510"),
        (1.5, ".25,1 .08,.6 @.3,.24,.27,.24,190,530"),
        (1.0, "@.4,.6,.38,.4,70,190 @.3,.24,.27,.24,200,500"),
        (2.0, ".5,1 .2,.8 @.33,.32,.33,.32,160,450"),
        (1.5, ".45,1 .1,.7 @.33,.33,.33,.33,170,420 .2,.45"),
    ],
    "7": [
        (4.0, "0,1 .6,1! .4,.5 .2,0"),
        (1.5, "0,.85 .02,1! .6,1! .38,.5 .2,0"),
        (2.0, "0,1 .6,1! .4,.5 .2,0 | .1,.48 .62,.48"),
        (1.2, "0,.97 .4,1 .58,.93 .42,.5 .3,0"),
        (1.0, "0,1 .55,1! .53,.5 .5,0"),
        (2.0, "0,.85 .3,.95 .55,1! .35,.5 .15,0"),
        (1.5, "0,.8 .5,1! .3,.5 .05,0"),
    ],
    "8": [
        (4.0, "@.3,.75,.25,.25,40,230 .32,.5 @.3,.25,.3,.25,55,-235 .3,.5 @.3,.75,.25,.25,-50,60"),
        (2.0, "@.3,.75,.25,.25,90,230 .32,.5 @.3,.25,.3,.25,55,-235 .3,.5 @.3,.75,.25,.25,-50,90"),
        (1.5, "@.3,.75,.25,.25,90,-50 .28,.5 @.3,.25,.3,.25,125,415 .3,.5 @.3,.75,.25,.25,230,90"),
        (1.5, ".3,.5 @.3,.75,.25,.25,230,-50 .3,.5 @.3,.25,.3,.25,125,415"),
        (1.5, ".3,.5 @.3,.75,.25,.25,-50,230 .3,.5 @.3,.25,.3,.25,55,-235"),
        (1.0, "@.3,.75,.25,.25,270,630 | @.3,.25,.3,.25,90,-270"),
        (0.8, "@.3,.75,.25,.25,90,450 | @.3,.25,.3,.25,90,450"),
        (1.5, "@.3,.75,.27,.25,160,-40 .3,.5 @.3,.25,.3,.25,140,400 .3,.5 .1,.7"),
    ],
    "9": [
        (3.5, "@.3,.72,.27,.28,20,370 .57,.85! .54,.4 .5,0"),
        (1.5, "@.3,.72,.27,.28,60,380 .55,.5 .45,0"),
        (2.0, "@.3,.72,.27,.28,40,360 .56,.4 @.3,.25,.26,.25,0,-140"),
        (1.2, "@.3,.72,.27,.28,20,365 .4,.3 .2,0"),
        (1.0, "@.3,.72,.27,.27,-30,-395 .5,.4 .4,0"),
        (0.8, "@.3,.72,.27,.27,180,-190 @.3,.72,.27,.27,170,0 .5,0"),
    ],
}


def polyline(form: str, spacing: float = 0.01) -> Line:
    """A form as one line of evenly spaced points, with its strokes joined."""
    points: list[Point] = []
    strokes = [_points(stroke) for stroke in form.split("|")]
    for stroke in strokes:
        # The hand stops where the pen would be lifted: a corner at both ends of each stroke.
        points += [stroke[0], *stroke, stroke[-1]] if len(strokes) > 1 else stroke
    return resample_evenly(_catmull_rom(np.array(points, dtype=float)), spacing)


def _points(stroke: str) -> list[Point]:
    points: list[Point] = []
    for word in stroke.split():
        numbers = [float(number) for number in word.strip("@!").split(",")]
        if word.startswith("@"):
            points += _arc(*numbers)
        else:
            points += [(numbers[0], numbers[1])] * (2 if word.endswith("!") else 1)
    return points


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    turn = np.radians(np.linspace(start, end, max(4, int(abs(end - start) / 30) + 1)))
    return [(cx + rx * float(np.cos(a)), cy + ry * float(np.sin(a))) for a in turn]


def _catmull_rom(points: Line, steps: int = 16) -> Line:
    """A smooth curve through all points; a doubled point makes a corner."""
    padded = np.vstack([points[:1], points, points[-1:]])
    before, start, end, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    u = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    a, b, c, d = (p[:, None, :] for p in (before, start, end, after))
    curve = 0.5 * (
        2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - a - 3 * c + d) * u**3
    )
    return np.vstack([curve.reshape(-1, 2), points[-1:]])


def resample_evenly(line: Line, spacing: float) -> Line:
    """The same line with points that are `spacing` apart."""
    step = np.linalg.norm(np.diff(line, axis=0), axis=1)
    line = line[np.concatenate([[True], step > 1e-9])]
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.linspace(0, length[-1], max(8, int(length[-1] / spacing) + 1))
    return np.stack([np.interp(at, length, line[:, k]) for k in range(2)], axis=1)
