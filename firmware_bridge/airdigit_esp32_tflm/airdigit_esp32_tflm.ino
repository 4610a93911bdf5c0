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

void show(const es_verdict &verdict, es_time t) {
  char line[96];
  for (int k = 0; k < verdict.retracted_count; k++) {
    const es_answer &answer = verdict.retracted[k];
    snprintf(line, sizeof(line), "{\"event\":\"retracted\",\"label\":\"%s\",\"t\":%.2f}",
             model::labels[answer.label], answer.detected);
    Serial.println(line);
  }
  if (verdict.label < 0) return;
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
    es_span spans[ES_PIECES];
    const int strokes = recogniser.push(sensor_us / 1e6, counts, spans);
    if (strokes) show(recogniser.recognise(spans, strokes), spans[0].end);
  }
  if (Serial.available() && Serial.read() == 't') {
    self_test(recogniser, Serial);
    last_us = 0;
    sensor_us = 0;
  }
  delay(1);
}
