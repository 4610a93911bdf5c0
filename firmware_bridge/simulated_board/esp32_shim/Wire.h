// The I2C bus of Arduino; the callbacks of machine_open answer for the chips.
#pragma once
#include <Arduino.h>

class TwoWire {
 public:
  bool begin() { return true; }
  bool setClock(uint32_t frequency);
  void beginTransmission(uint8_t address);
  size_t write(uint8_t byte);
  uint8_t endTransmission(bool stop = true);
  size_t requestFrom(uint8_t address, size_t count, bool stop = true);
  int read();

 private:
  uint8_t address_, buffer_[128];
  size_t filled_ = 0, at_ = 0;
};

extern TwoWire Wire;
