"""Simulated people who draw digits in the air with an IMU in the hand.

shapes        how people write each digit, as lines
hand          one person's handwriting: lines become trajectories in time
arm           trajectories become poses of the sensor
person        hand, arm and mounting of the sensor together
imu           poses become the readings of an MPU6050, with its faults
other_motion  what hands do when they draw no digit
stream        scenes of one person after another, and the ground truth
"""
