// Generated from edge/source/serial/framed/protocol.py by
// `python -m firmware_bridge.protocol_header`: do not edit.
#pragma once
#include <stdint.h>

namespace edge {

const uint8_t PROTOCOL = 1;
const uint32_t SCHEMA = 0xfd30ddd4;
const uint32_t BAUD = 115200;
const uint16_t CRC_START = 0xFFFF;
const uint8_t FRAMING = 4;  // bytes that a frame adds to its message: CRC, COBS and the final zero
const uint8_t LONGEST_COMMAND = 4;
#define EDGE_VERSION "0.1.0"

struct __attribute__((packed)) Hello {
  enum { NUMBER = 0x01 };
  uint8_t type = NUMBER;
  uint8_t protocol = 0;
  uint32_t schema = 0;
  uint8_t booted = 0;
  uint8_t who_am_i = 0;
  uint16_t rate_hz = 0;
  uint8_t accel_g = 0;
  uint16_t gyro_dps = 0;
  char firmware[12] = {};
  char version[8] = {};
};
static_assert(sizeof(Hello) == 33, "size in Python");

struct __attribute__((packed)) Sample {
  enum { NUMBER = 0x02 };
  uint8_t type = NUMBER;
  uint16_t seq = 0;
  uint32_t time_us = 0;
  int16_t ax = 0;
  int16_t ay = 0;
  int16_t az = 0;
  int16_t gx = 0;
  int16_t gy = 0;
  int16_t gz = 0;
};
static_assert(sizeof(Sample) == 19, "size in Python");

struct __attribute__((packed)) Status {
  enum { NUMBER = 0x03 };
  uint8_t type = NUMBER;
  uint16_t nacks = 0;
  uint16_t fifo_overflows = 0;
  uint16_t sensor_resets = 0;
  uint16_t dropped = 0;
};
static_assert(sizeof(Status) == 9, "size in Python");

struct __attribute__((packed)) AskHello {
  enum { NUMBER = 0x81 };
  uint8_t type = NUMBER;
};
static_assert(sizeof(AskHello) == 1, "size in Python");

struct __attribute__((packed)) SetRate {
  enum { NUMBER = 0x82 };
  uint8_t type = NUMBER;
  uint16_t rate_hz = 0;
};
static_assert(sizeof(SetRate) == 3, "size in Python");

struct __attribute__((packed)) SetRange {
  enum { NUMBER = 0x83 };
  uint8_t type = NUMBER;
  uint8_t accel_g = 0;
  uint16_t gyro_dps = 0;
};
static_assert(sizeof(SetRange) == 4, "size in Python");

struct __attribute__((packed)) Start {
  enum { NUMBER = 0x84 };
  uint8_t type = NUMBER;
};
static_assert(sizeof(Start) == 1, "size in Python");

struct __attribute__((packed)) Stop {
  enum { NUMBER = 0x85 };
  uint8_t type = NUMBER;
};
static_assert(sizeof(Stop) == 1, "size in Python");

struct __attribute__((packed)) Identify {
  enum { NUMBER = 0x86 };
  uint8_t type = NUMBER;
};
static_assert(sizeof(Identify) == 1, "size in Python");

}  // namespace edge
