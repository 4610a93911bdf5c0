// Frames in a stream of bytes: CRC, COBS, and resynchronisation after damage.
#pragma once
#include "edge_protocol.h"

namespace edge {

inline uint16_t crc16(uint16_t crc, uint8_t byte) {
  crc ^= (uint16_t)byte << 8;
  for (uint8_t bit = 0; bit < 8; bit++) {
    crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return crc;
}

// Writes the frame of `message` to `wire`; returns its length, size + FRAMING.
inline uint8_t encode(const void *message, uint8_t size, uint8_t *wire) {
  const uint8_t *bytes = static_cast<const uint8_t *>(message);
  uint16_t crc = CRC_START;
  for (uint8_t at = 0; at < size; at++) crc = crc16(crc, bytes[at]);
  uint8_t length = 1, mark = 0;  // wire[mark] is the distance to the next zero
  for (uint8_t at = 0; at < size + 2; at++) {
    uint8_t byte = at < size ? bytes[at] : at == size ? crc >> 8 : crc & 0xFF;
    if (byte) {
      wire[length++] = byte;
    } else {
      wire[mark] = length - mark;
      mark = length++;
    }
  }
  wire[mark] = length - mark;
  wire[length++] = 0;
  return length;
}

// Finds commands in the bytes from the host, and lines of text typed into a serial monitor.
class CommandReader {
 public:
  enum Found { NOTHING, COMMAND, LINE };

  // After COMMAND, `bytes` and `size` are the message; after LINE, the text without line end.
  uint8_t bytes[LONGEST_COMMAND + FRAMING];
  uint8_t size;

  Found take(uint8_t byte) {
    // The first byte of a frame is the distance to a zero: less than the code of any letter.
    static_assert(sizeof(bytes) < '\n', "the first byte distinguishes a frame from text");
    const bool ends_line = byte == '\n' || byte == '\r';
    const bool is_text = filled_ ? bytes[0] > sizeof(bytes) : ends_line;
    if (byte == 0 || (ends_line && is_text)) {
      const bool complete = filled_ && filled_ <= sizeof(bytes);
      size = filled_;
      filled_ = 0;
      if (byte) return complete ? LINE : NOTHING;
      return complete && decode() ? COMMAND : NOTHING;
    }
    if (filled_ < sizeof(bytes)) bytes[filled_] = byte;
    if (filled_ <= sizeof(bytes)) filled_++;  // one more than fits: too long for a command
    return NOTHING;
  }

 private:
  uint8_t filled_ = 0;

  bool decode() {
    uint8_t out = 0;
    for (uint8_t at = 0; at < size;) {
      uint8_t end = at + bytes[at];
      if (end > size) return false;
      if (at) bytes[out++] = 0;
      for (at++; at < end; at++) bytes[out++] = bytes[at];
    }
    uint16_t crc = CRC_START;
    for (uint8_t at = 0; at < out; at++) crc = crc16(crc, bytes[at]);
    size = out - 2;
    return out > 2 && crc == 0;
  }
};

}  // namespace edge
