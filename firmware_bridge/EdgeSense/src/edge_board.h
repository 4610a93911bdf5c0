// The board as the host knows it: answers commands, sends samples, shows on its LED how it is.
#pragma once
#include <Arduino.h>

#include "edge_framing.h"
#include "edge_sensor.h"

namespace edge {

class Board {
 public:
  Board(Stream &port, TwoWire &bus, uint8_t led, const char *name)
      : port_(port), sensor_(bus), led_(led), name_(name) {}

  void begin() {
    pinMode(led_, OUTPUT);
    sensor_.begin();
    port_.write((uint8_t)0);  // ends what the boot ROM has printed
    greet(true);
  }

  // To be called as often as possible, once a millisecond at least.
  void step() {
    while (port_.available()) hear(port_.read());
    // Without room to send it, a sample waits in the sensor's FIFO.
    Sample sample;
    if (has_room(sizeof(sample)) && sensor_.poll(sample) && streaming_) send(sample);
    if (streaming_ && sensor_.who_am_i != told_who_) greet(false);  // another was put in
    if (streaming_ && !csv_ && millis() - told_status_ >= 1000 && has_room(sizeof(Status))) {
      told_status_ = millis();
      send(sensor_.counted);
    }
    digitalWrite(led_, lit() ? HIGH : LOW);
  }

 private:
  Stream &port_;
  Sensor sensor_;
  CommandReader reader_;
  uint8_t led_;
  const char *name_;
  bool streaming_ = false;
  bool csv_ = false;
  uint8_t told_who_ = 0;
  uint32_t told_status_ = 0;
  uint32_t identify_until_ = 0;

  bool has_room(uint8_t size) {
    return !streaming_ || port_.availableForWrite() >= size + FRAMING;
  }

  template <class Message>
  void send(const Message &message) {
    uint8_t wire[sizeof(message) + FRAMING];
    port_.write(wire, encode(&message, sizeof(message), wire));
  }

  void send(const Sample &sample) {
    if (csv_) {
      print(sample);
    } else {
      send<Sample>(sample);
    }
  }

  void greet(bool booted) {
    told_who_ = sensor_.who_am_i;
    if (csv_) return;
    Hello hello;
    hello.protocol = PROTOCOL;
    hello.schema = SCHEMA;
    hello.booted = booted;
    hello.who_am_i = sensor_.who_am_i;
    hello.rate_hz = sensor_.rate_hz;
    hello.accel_g = sensor_.accel_g;
    hello.gyro_dps = sensor_.gyro_dps;
    fill(hello.firmware, name_);
    fill(hello.version, EDGE_VERSION);
    send(hello);
  }

  template <size_t SIZE>
  static void fill(char (&field)[SIZE], const char *text) {
    for (size_t at = 0; at < SIZE && text[at]; at++) field[at] = text[at];
  }

  void hear(uint8_t byte) {
    switch (reader_.take(byte)) {
      case CommandReader::COMMAND: obey(reader_.bytes, reader_.size); break;
      case CommandReader::LINE: plot(); break;
      default: break;
    }
  }

  void obey(const uint8_t *bytes, uint8_t size) {
    const uint8_t type = bytes[0];
    if (type == SetRate::NUMBER && size == sizeof(SetRate)) {
      SetRate wanted;
      memcpy(&wanted, bytes, size);
      sensor_.set_rate(wanted.rate_hz);
    } else if (type == SetRange::NUMBER && size == sizeof(SetRange)) {
      SetRange wanted;
      memcpy(&wanted, bytes, size);
      sensor_.set_range(wanted.accel_g, wanted.gyro_dps);
    } else if (size != 1 || type < AskHello::NUMBER || type > Identify::NUMBER) {
      return;
    }
    if (csv_) {  // whoever sends commands does not want text
      streaming_ = csv_ = false;
      port_.write((uint8_t)0);
    }
    if (type == Start::NUMBER) {
      streaming_ = true;
      told_status_ = millis() - 1000;
    } else if (type == Stop::NUMBER) {
      streaming_ = false;
    } else if (type == Identify::NUMBER) {
      identify_until_ = millis() + 3000;
    } else {
      greet(false);
    }
  }

  // "c" and the end of a line: rows for a serial plotter, until a command comes or another "c".
  void plot() {
    if (reader_.size != 1 || reader_.bytes[0] != 'c') return;
    streaming_ = csv_ = !csv_;
    if (csv_) port_.println(F("ax,ay,az,gx,gy,gz"));
  }

  // In m/s^2 and rad/s, which are about equally large in a plot.
  void print(const Sample &sample) {
    const float accel = sensor_.accel_g * (9.80665f / 32768);
    const float gyro = sensor_.gyro_dps * (0.01745329f / 32768);
    const int16_t axes[] = {sample.ax, sample.ay, sample.az, sample.gx, sample.gy, sample.gz};
    for (uint8_t at = 0; at < 6; at++) {
      if (at) port_.print(',');
      port_.print(axes[at] * (at < 3 ? accel : gyro), 3);
    }
    port_.println();
  }

  // Fast: identify. Nervous: no sensor. Even: streaming. A glimpse now and then: waiting.
  bool lit() const {
    const uint32_t now = millis();
    if ((int32_t)(identify_until_ - now) > 0) return now % 100 < 50;
    if (!sensor_.found()) return now % 300 < 150;
    return streaming_ ? now % 1000 < 500 : now % 2000 < 50;
  }
};

}  // namespace edge
