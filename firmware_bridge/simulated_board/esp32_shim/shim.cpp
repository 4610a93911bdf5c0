// A sketch compiled for this computer, with the interface of machine.h. Time passes only in
// delay(), on the bus, while the serial port is full, and for LOOP_US in each loop().
#include "../machine.h"

#include <Arduino.h>
#include <Wire.h>

#include <deque>

void setup();
void loop();

HardwareSerial Serial;
TwoWire Wire;

static const int LOOP_US = 5, SERIAL_FIFO = 128;

static bus_start_t bus_start;
static bus_write_t bus_write;
static bus_read_t bus_read;
static bus_stop_t bus_stop;
static int64_t clock_us, serial_free_us;
static int bus_byte_us = 90, serial_byte_us = 87;
static std::deque<uint8_t> to_board, from_board;
static bool booted;
static int led;

uint32_t millis() { return clock_us / 1000; }
uint32_t micros() { return clock_us; }
void delay(uint32_t ms) { clock_us += ms * 1000; }
void pinMode(uint8_t, uint8_t) {}
void digitalWrite(uint8_t, uint8_t value) { led = value; }

void HardwareSerial::begin(unsigned long baud) { serial_byte_us = 10000000 / baud; }

size_t HardwareSerial::write(uint8_t byte) {
  if (serial_free_us < clock_us) serial_free_us = clock_us;
  if (availableForWrite() <= 0) clock_us += serial_byte_us;
  serial_free_us += serial_byte_us;
  from_board.push_back(byte);
  return 1;
}

int HardwareSerial::availableForWrite() {
  if (serial_free_us <= clock_us) return SERIAL_FIFO;
  return SERIAL_FIFO - (serial_free_us - clock_us + serial_byte_us - 1) / serial_byte_us;
}

int HardwareSerial::available() { return to_board.size(); }

int HardwareSerial::read() {
  if (to_board.empty()) return -1;
  const uint8_t byte = to_board.front();
  to_board.pop_front();
  return byte;
}

bool TwoWire::setClock(uint32_t frequency) {
  bus_byte_us = 9000000 / frequency;
  return true;
}

void TwoWire::beginTransmission(uint8_t address) {
  address_ = address;
  filled_ = 0;
}

size_t TwoWire::write(uint8_t byte) {
  buffer_[filled_++] = byte;
  return 1;
}

uint8_t TwoWire::endTransmission(bool stop) {
  clock_us += bus_byte_us;
  if (!bus_start(address_, 0)) return 2;
  for (size_t at = 0; at < filled_; at++) {
    clock_us += bus_byte_us;
    if (!bus_write(buffer_[at])) return 3;
  }
  if (stop) bus_stop();
  return 0;
}

size_t TwoWire::requestFrom(uint8_t address, size_t count, bool) {
  filled_ = at_ = 0;
  clock_us += bus_byte_us;
  if (!bus_start(address, 1)) return 0;
  while (filled_ < count) {
    clock_us += bus_byte_us;
    buffer_[filled_++] = bus_read();
  }
  bus_stop();
  return count;
}

int TwoWire::read() { return at_ < filled_ ? buffer_[at_++] : -1; }

int machine_open(const char *, bus_start_t start, bus_write_t write, bus_read_t read,
                 bus_stop_t stop) {
  bus_start = start, bus_write = write, bus_read = read, bus_stop = stop;
  return 0;
}

int machine_run(int64_t until_us) {
  if (!booted) setup();
  booted = true;
  while (clock_us < until_us) {
    loop();
    clock_us += LOOP_US;
  }
  return 0;
}

int64_t machine_time_us() { return clock_us; }

int machine_send(const uint8_t *bytes, int count) {
  to_board.insert(to_board.end(), bytes, bytes + count);
  return count;
}

int machine_receive(uint8_t *bytes, int capacity) {
  int count = 0;
  for (; count < capacity && !from_board.empty(); from_board.pop_front()) {
    bytes[count++] = from_board.front();
  }
  return count;
}

int machine_led() { return led; }
