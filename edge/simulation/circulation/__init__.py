"""A simulated circulation: the pressure in an artery, and what a light sensor on a finger shows.

person       heart rate, stroke volume, stiffness, resistance, reflection: the constants of a person
artery       the pressure in mmHg, beat by beat
finger       the light that a finger absorbs (photoplethysmogram, PPG), and its sensor
"""
