"""Tests of the shipped model on people, devices and movements that it was not trained on.

watch_letters   letters that people wrote with a watch on the wrist
air_paths       paths of digits drawn in the air, with a wand or a finger
backwards       which of these paths were recorded from the end to the beginning
test_sets       all sets of takes, by name
simulated       digits and other movements of simulated people, as one stream
results         the table
plots           pictures of the worst takes
"""
