"""Features of digits drawn in the air.

gate    finds strokes in the samples of an IMU
declip  restores peaks of the turn rate that the sensor clipped
pose    computes the trajectories of a stroke, whatever the pose of the sensor
stroke  StrokeFeatures: all of these, from samples to model inputs
"""
