// An ESP32 with an MPU6050 that recognises digits drawn in the air, without a computer.
//
// `python -m firmware_bridge.export airdigit` writes a folder with this sketch, the model and the
// preprocessing: open that folder. Libraries: EdgeSense (of this project), Chirale_TensorFLowLite.
// Wiring: VCC to 3V3, GND to GND, SDA to 21, SCL to 22. The output is that of airdigit-live --json.
// A self-test runs at each start, and whenever `t` is typed into the serial monitor.
#include <EdgeSense.h>
#include <Wire.h>

#include "recogniser.h"
#include "self_test.h"

edge::Sensor sensor(Wire);
Recogniser recogniser;
uint64_t sensor_us = 0;  // the sensor's time, without wrapping

void show(const Verdict &verdict, es_time t) {
  if (verdict.label < 0) return;
  char line[96];
  snprintf(line, sizeof(line), "{\"event\":\"detection\",\"label\":\"%s\",\"score\":%.2f,\"t\":%.2f}",
           model::labels[verdict.label], (double)verdict.score, t);
  Serial.println(line);
}

void setup() {
  Serial.begin(edge::BAUD);
  const char *error = recogniser.begin();
  while (error) {
    Serial.println(error);
    delay(2000);
  }
  self_test(recogniser, Serial);
  sensor.begin();
}

void loop() {
  static uint32_t last_us = 0;
  edge::Sample sample;
  while (sensor.poll(sample)) {
    sensor_us += (uint32_t)(sample.time_us - last_us);
    last_us = sample.time_us;
    const int16_t counts[] = {sample.ax, sample.ay, sample.az, sample.gx, sample.gy, sample.gz};
    es_span span;
    if (recogniser.push(sensor_us / 1e6, counts, span) && !span.too_long) {
      show(recogniser.recognise(span), span.end);
    }
  }
  if (Serial.available() && Serial.read() == 't') {
    self_test(recogniser, Serial);
    last_us = 0;
    sensor_us = 0;
  }
  delay(1);
}
