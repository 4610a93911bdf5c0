"""Simulated people for the training of AirDigit: they draw what real people wrote with a pen.

The modules, in the order in which data passes through them:

pen_line        one character: its line, and the pace of the writer
pen_corpora     the characters of the pen corpora, split by writer
gestures        open lines that are no digit: swipes, wedges, waves
closed_shapes   closed ones: polygons, stars, hearts; and circles, which are a 0
counts          how many people draw what
figures         the lines that they draw
pace            lines are deformed, and followed with the speed of a hand
movement        lines become paths of a hand, with rest, pauses and further movement around them
limbs           paths become poses of a sensor on a hand, wand, wrist or forearm
sensors         poses become the readings of an imperfect IMU
drawing         all of these, cut by the device's motion gate
turns           twists and flicks of the wrist, which draw nothing
world           sets of strokes, simulated by several processes and cached
"""
