// The part of the Arduino API that the sketches use, for this computer, on simulated time.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ARDUINO_ARCH_ESP32 1
#define OUTPUT 1
#define HIGH 1
#define LOW 0
#define F(text) (text)
#define constrain(value, low, high) \
  ((value) < (low) ? (low) : ((value) > (high) ? (high) : (value)))

uint32_t millis();
uint32_t micros();
void delay(uint32_t ms);
void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);

class Print {
 public:
  virtual ~Print() {}
  virtual size_t write(uint8_t byte) = 0;
  virtual int availableForWrite() { return 0; }
  size_t write(const uint8_t *bytes, size_t count) {
    for (size_t at = 0; at < count; at++) write(bytes[at]);
    return count;
  }
  size_t print(const char *text) { return write((const uint8_t *)text, strlen(text)); }
  size_t print(char letter) { return write((uint8_t)letter); }
  size_t print(double value, int digits) {
    char text[32];
    snprintf(text, sizeof(text), "%.*f", digits, value);
    return print(text);
  }
  size_t println(const char *text = "") { return print(text) + print("\r\n"); }
};

class Stream : public Print {
 public:
  virtual int available() = 0;
  virtual int read() = 0;
};

class HardwareSerial : public Stream {
 public:
  void begin(unsigned long baud);
  size_t write(uint8_t byte) override;
  using Print::write;
  int availableForWrite() override;
  int available() override;
  int read() override;
};

extern HardwareSerial Serial;
