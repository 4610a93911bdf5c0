// Driver of the MPU6050 and its clones on the I2C bus: set-up, and reading through the FIFO.
#pragma once
#include <Arduino.h>
#include <Wire.h>

namespace edge {

const uint8_t FIRST_ADDRESS = 0x68;  // and 0x69 with pin AD0 high
const uint8_t CHIPS[] = {0x68, 0x70, 0x71, 0x72, 0x73, 0x98};  // WHO_AM_I
const uint8_t FILTERS[] = {184, 94, 44, 21, 10, 5};            // Hz, from code 1
const uint8_t PACKET = 12;                                     // bytes of a sample in the FIFO
const uint16_t RESET_MS = 100, GYRO_START_MS = 50;

class Mpu6050 {
 public:
  // REFUSED: the sensor did not answer, and nothing was changed. BROKEN: a read stopped half way.
  enum Result { DONE, REFUSED, BROKEN };

  explicit Mpu6050(TwoWire &bus) : bus_(bus) {}

  void begin() {
    bus_.begin();
    bus_.setClock(400000);
#ifdef WIRE_HAS_TIMEOUT
    bus_.setWireTimeout(3000, true);  // a sensor that loses power can block the bus for ever
#endif
  }

  // Returns whether a known sensor answers at the last address; the next call tries the other one.
  // `who` becomes WHO_AM_I if any chip answers.
  bool find(uint8_t &who) {
    if (read(WHO_AM_I, &who, 1) == DONE) {
      clone_ = who != CHIPS[0];
      for (uint8_t chip : CHIPS) {
        if (who == chip) return true;
      }
    }
    address_ ^= 1;
    return false;
  }

  // Call in this order: `reset`, wait RESET_MS, `wake`, wait GYRO_START_MS, `configure`.
  Result reset() { return write(PWR_MGMT_1, DEVICE_RESET); }
  Result wake() { return write(PWR_MGMT_1, CLOCK_FROM_GYRO); }

  // `accel` and `gyro` are the range codes 0 to 3.
  bool configure(uint16_t rate_hz, uint8_t divider, uint8_t accel, uint8_t gyro) {
    uint8_t filter = 1;  // at most half the sample rate, against aliasing
    while (filter < sizeof(FILTERS) && FILTERS[filter - 1] * 2 > rate_hz) filter++;
    const uint8_t settings[] = {divider, filter, uint8_t(gyro << 3), uint8_t(accel << 3)};
    for (uint8_t at = 0; at < sizeof(settings); at++) {
      if (write(SMPLRT_DIV + at, settings[at]) != DONE) return false;
    }
    // In clones register 0x1A filters only the gyro.
    if (clone_ && write(ACCEL_FILTER, filter) != DONE) return false;
    if (write(FIFO_EN, ACCEL_AND_GYRO) != DONE) return false;
    uint8_t stored[sizeof(settings)];
    if (read(SMPLRT_DIV, stored, sizeof(stored)) != DONE) return false;
    if (memcmp(stored, settings, sizeof(stored)) != 0) return false;
    // INT_ENABLE is 0 after a reset and written last: while it is set, so are all settings.
    return write(INT_ENABLE, OVERFLOWED) == DONE && restart_fifo();
  }

  // Empties the FIFO, so that it begins with the first byte of a sample.
  bool restart_fifo() {
    uint8_t status;
    return write(USER_CTRL, 0) == DONE && write(USER_CTRL, FIFO_RESET) == DONE &&
           read(INT_STATUS, &status, 1) == DONE &&  // clears an earlier overflow
           write(USER_CTRL, FIFO_ENABLE) == DONE;
  }

  Result waiting(uint16_t &packets) {
    uint8_t bytes[2] = {};
    Result result = read(FIFO_COUNT, bytes, 2);
    packets = (bytes[0] << 8 | bytes[1]) / PACKET;
    return result;
  }

  Result take(uint8_t *packet) { return read(FIFO_R_W, packet, PACKET); }

  // Reads whether the sensor still has its settings, and whether the FIFO has overflowed.
  Result check(bool &configured, bool &overflowed) {
    uint8_t bytes[3] = {};
    Result result = read(INT_ENABLE, bytes, 3);
    configured = bytes[0] == OVERFLOWED;
    overflowed = bytes[2] & OVERFLOWED;
    return result;
  }

 private:
  enum Register {
    SMPLRT_DIV = 0x19,
    ACCEL_FILTER = 0x1D,
    FIFO_EN = 0x23,
    INT_ENABLE = 0x38,
    INT_STATUS = 0x3A,
    USER_CTRL = 0x6A,
    PWR_MGMT_1 = 0x6B,
    FIFO_COUNT = 0x72,
    FIFO_R_W = 0x74,
    WHO_AM_I = 0x75
  };
  enum Value {
    DEVICE_RESET = 0x80,
    CLOCK_FROM_GYRO = 0x01,
    FIFO_ENABLE = 0x40,
    FIFO_RESET = 0x04,
    ACCEL_AND_GYRO = 0x78,
    OVERFLOWED = 0x10
  };

  TwoWire &bus_;
  uint8_t address_ = FIRST_ADDRESS;
  bool clone_ = false;

  Result write(uint8_t reg, uint8_t value) {
    bus_.beginTransmission(address_);
    bus_.write(reg);
    bus_.write(value);
    return bus_.endTransmission() == 0 ? DONE : REFUSED;
  }

  Result read(uint8_t reg, uint8_t *into, uint8_t count) {
    bus_.beginTransmission(address_);
    bus_.write(reg);
    if (bus_.endTransmission(false) != 0) return REFUSED;
    if (bus_.requestFrom(address_, count) != count) return BROKEN;
    for (uint8_t at = 0; at < count; at++) into[at] = bus_.read();
    return DONE;
  }
};

}  // namespace edge
