"""Features of digits drawn in the air.

activity       how fast the hand turns and accelerates, without vibrations
gate           finds strokes in the samples of an IMU
row_buffer     the newest samples, with the activity at each
pieces         joins movements across the pauses within a digit
span           a stroke as the gate cuts it
recording      the one stroke of a recording
declip         restores peaks of the turn rate that the sensor clipped
binning        from samples to a fixed number of bins
frame          motion in a frame whose z axis points up
paths          operations on paths
pose           computes the trajectories of a stroke, whatever the pose of the sensor
trust          how far each trajectory can be trusted
inputs         from binned strokes to network inputs
gyro_check     notices a gyroscope that is off
faults         why a stroke cannot be recognised
facts          what the decision needs to know of a stroke
specification  all constants, for the manifest
stroke         StrokeFeatures: all of these, from samples to windows
"""
