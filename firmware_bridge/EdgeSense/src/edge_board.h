// The board's main loop: answers commands, sends samples, shows its state with the LED.
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
    port_.write((uint8_t)0);  // ends the output of the boot ROM
    send_hello(true);
  }

  // Call it as often as possible, at least once a millisecond.
  void step() {
    while (port_.available()) read_command(port_.read());
    // While the port has no room for a sample, samples stay in the sensor's FIFO.
    Sample sample;
    if (has_room(sizeof(sample)) && sensor_.poll(sample) && streaming_) send(sample);
    if (streaming_ && sensor_.who_am_i != sent_who_am_i_) send_hello(false);  // another sensor
    if (streaming_ && !csv_ && millis() - status_sent_ms_ >= 1000 && has_room(sizeof(Status))) {
      status_sent_ms_ = millis();
      send(sensor_.counters);
    }
    digitalWrite(led_, led_on() ? HIGH : LOW);
  }

 private:
  Stream &port_;
  Sensor sensor_;
  CommandReader reader_;
  uint8_t led_;
  const char *name_;
  bool streaming_ = false;
  bool csv_ = false;
  uint8_t sent_who_am_i_ = 0;
  uint32_t status_sent_ms_ = 0;
  uint32_t identify_until_ms_ = 0;

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

  void send_hello(bool booted) {
    sent_who_am_i_ = sensor_.who_am_i;
    if (csv_) return;
    Hello hello;
    hello.protocol = PROTOCOL;
    hello.schema = SCHEMA;
    hello.booted = booted;
    hello.who_am_i = sensor_.who_am_i;
    hello.rate_hz = sensor_.rate_hz;
    hello.accel_g = sensor_.accel_g;
    hello.gyro_dps = sensor_.gyro_dps;
    copy_text(hello.firmware, name_);
    copy_text(hello.version, EDGE_VERSION);
    send(hello);
  }

  template <size_t SIZE>
  static void copy_text(char (&field)[SIZE], const char *text) {
    for (size_t at = 0; at < SIZE && text[at]; at++) field[at] = text[at];
  }

  void read_command(uint8_t byte) {
    switch (reader_.take(byte)) {
      case CommandReader::COMMAND: execute(reader_.bytes, reader_.size); break;
      case CommandReader::LINE: execute_line(); break;
      default: break;
    }
  }

  void execute(const uint8_t *bytes, uint8_t size) {
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
    if (csv_) {  // a host that sends commands expects frames, not text
      streaming_ = csv_ = false;
      port_.write((uint8_t)0);
    }
    if (type == Start::NUMBER) {
      streaming_ = true;
      status_sent_ms_ = millis() - 1000;
    } else if (type == Stop::NUMBER) {
      streaming_ = false;
    } else if (type == Identify::NUMBER) {
      identify_until_ms_ = millis() + 3000;
    } else {
      send_hello(false);
    }
  }

  // The line "c" switches rows for a serial plotter on and off; a command switches them off.
  void execute_line() {
    if (reader_.size != 1 || reader_.bytes[0] != 'c') return;
    streaming_ = csv_ = !csv_;
    if (csv_) port_.println(F("ax,ay,az,gx,gy,gz"));
  }

  // In m/s^2 and rad/s, which have about the same size in a plot.
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

  // 10 flashes a second: identify. 3 a second: no sensor. 1 a second: streaming. A short flash
  // every two seconds: waiting for START.
  bool led_on() const {
    const uint32_t now = millis();
    if ((int32_t)(identify_until_ms_ - now) > 0) return now % 100 < 50;
    if (!sensor_.found()) return now % 300 < 150;
    return streaming_ ? now % 1000 < 500 : now % 2000 < 50;
  }
};

}  // namespace edge
