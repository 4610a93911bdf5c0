// Finds the sensor, sets it up, reads it, and sets it up again after a fault; counts the faults.
#pragma once
#include "edge_mpu6050.h"
#include "edge_protocol.h"

namespace edge {

const uint16_t SLOWEST_HZ = 4, FASTEST_HZ = 250;

class Sensor {
 public:
  explicit Sensor(TwoWire &bus) : chip_(bus) {}

  Status counters;       // since boot
  uint8_t who_am_i = 0;  // of the chip at the sensor's address; 0 if none answers
  uint16_t rate_hz;
  uint8_t accel_g;
  uint16_t gyro_dps;

  void begin() {
    set_rate(100);
    set_range(4, 500);
    chip_.begin();
    search();
    if (state_ == SEARCHING) search();  // the other address: the first HELLO contains WHO_AM_I
  }

  bool found() const { return state_ == RUNNING; }

  void set_rate(uint16_t wanted) {
    wanted = constrain(wanted, SLOWEST_HZ, FASTEST_HZ);
    uint16_t steps = (1000 + wanted / 2) / wanted;  // of the sensor's 1 kHz
    rate_hz = (1000 + steps / 2) / steps;
    period_ = steps * 1000UL;
    if (state_ == RUNNING) start_over();
  }

  // Sets the smallest ranges that cover the wanted ones, or the largest of all.
  void set_range(uint8_t accel_wanted, uint16_t gyro_wanted) {
    accel_ = gyro_ = 0;
    while (accel_ < 3 && (2 << accel_) < accel_wanted) accel_++;
    while (gyro_ < 3 && (250U << gyro_) < gyro_wanted) gyro_++;
    accel_g = 2 << accel_;
    gyro_dps = 250 << gyro_;
    if (state_ == RUNNING) start_over();
  }

  // Does the next step if it is due; returns true if that gave a sample.
  bool poll(Sample &sample) {
    uint32_t now = micros();
    if ((int32_t)(now - next_) < 0) return false;
    switch (state_) {
      case SEARCHING: search(); return false;
      case RESETTING: proceed(chip_.wake() == Mpu6050::DONE, WAKING, GYRO_START_MS); return false;
      case WAKING: set_up(); return false;
      default: return read(now, sample);
    }
  }

 private:
  enum State { SEARCHING, RESETTING, WAKING, RUNNING };

  Mpu6050 chip_;
  State state_ = SEARCHING;
  uint8_t accel_, gyro_;
  uint32_t period_;
  uint32_t next_ = 0;   // when the next step is due
  uint32_t since_ = 0;  // when the sensor last gave a sample, or was started
  uint32_t stamp_ = 0;  // estimate of when the last sample was taken
  uint16_t seq_ = 0;
  bool first_ = true;  // no sample yet, so none is missing
  bool gap_ = false;   // samples are missing; their number follows from the time

  void wait(uint32_t us) { next_ = micros() + us; }

  void proceed(bool done, State next, uint32_t ms) {
    if (!done) counters.nacks++;
    state_ = done ? next : SEARCHING;
    wait(ms * 1000);
  }

  void start_over() {
    state_ = SEARCHING;
    gap_ = true;
    wait(0);
  }

  void search() {
    uint8_t who = 0;
    bool known = chip_.find(who);
    if (known || who) who_am_i = who;
    if (!known && !who) counters.nacks++;
    if (known) {
      proceed(chip_.reset() == Mpu6050::DONE, RESETTING, RESET_MS);
    } else {
      wait(RESET_MS * 1000UL);
    }
  }

  void set_up() {
    bool done = chip_.configure(rate_hz, period_ / 1000 - 1, accel_, gyro_);
    proceed(done, RUNNING, 0);
    since_ = micros();
    gap_ = true;
  }

  bool read(uint32_t now, Sample &sample) {
    uint16_t waiting;
    if (chip_.waiting(waiting) != Mpu6050::DONE) return refused();
    if (!waiting) {
      if (now - since_ > 5 * period_) check_silence();
      return false;
    }
    uint8_t packet[PACKET];
    Mpu6050::Result result = chip_.take(packet);
    if (result == Mpu6050::REFUSED) return refused();
    if (result == Mpu6050::BROKEN) {
      restart_fifo();
      return refused();
    }
    // Only this check shows that the FIFO was intact and the sample has the range of the HELLO.
    bool configured, overflowed;
    if (chip_.check(configured, overflowed) != Mpu6050::DONE) {
      restart_fifo();
      return refused();
    }
    if (!configured || overflowed) {
      if (!configured) {
        counters.sensor_resets++;
        start_over();
      } else {
        counters.fifo_overflows++;
        restart_fifo();
      }
      return false;
    }
    since_ = now;
    number(now - (waiting - 1) * period_);
    if (waiting == 1) next_ = stamp_ + period_ - period_ / 8;
    fill(sample, packet);
    return true;
  }

  bool refused() {
    counters.nacks++;
    wait(period_);
    return false;
  }

  void restart_fifo() {
    gap_ = true;
    since_ = micros();
    if (chip_.restart_fifo()) return;
    counters.nacks++;
    start_over();
  }

  // The sensor answers but has no samples: probably it sleeps after a loss of power.
  void check_silence() {
    bool configured, overflowed;
    if (chip_.check(configured, overflowed) != Mpu6050::DONE) {
      refused();
    } else if (!configured || micros() - since_ > 1000000UL + 5 * period_) {
      counters.sensor_resets++;
      start_over();
    } else {
      wait(period_);
    }
  }

  // Sets number and time of the sample that was found at `seen`. It was taken a little earlier, and
  // the sensor is more regular than the polling, so only 1/8 of the difference corrects the time.
  void number(uint32_t seen) {
    if (first_) {
      stamp_ = seen;
    } else if (gap_) {
      uint32_t due = (seen - stamp_ + period_ / 2) / period_;
      stamp_ = due ? seen : stamp_ + period_;
      if (due == 0) due = 1;
      counters.dropped += due - 1;
      seq_ += due;
    } else {
      seq_++;
      stamp_ += period_;
      stamp_ += (int32_t)(seen - stamp_) / 8;
    }
    first_ = gap_ = false;
  }

  void fill(Sample &sample, const uint8_t *packet) {
    int16_t axes[6];
    for (uint8_t at = 0; at < 6; at++) axes[at] = packet[2 * at] << 8 | packet[2 * at + 1];
    sample.seq = seq_;
    sample.time_us = stamp_;
    sample.ax = axes[0];
    sample.ay = axes[1];
    sample.az = axes[2];
    sample.gx = axes[3];
    sample.gy = axes[4];
    sample.gz = axes[5];
  }
};

}  // namespace edge
