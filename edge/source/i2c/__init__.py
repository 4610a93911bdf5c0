"""Sensors on an I2C bus: opening the bus, the MPU6050 driver, and the source that polls it."""
