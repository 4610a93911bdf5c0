// A model of your own on a board, without a computer: windows of samples, scores or waveforms.
//
// `python -m firmware_bridge.export own.tflite` writes a folder with this sketch, the model and its
// features: open that folder. Library: Chirale_TensorFLowLite. Change `read_sample`: it returns what
// your sensor measures, in the units that the model was trained on (window_constants.h names the
// channels). A self-test runs at each start, and whenever `t` is typed into the serial monitor.
#include "recogniser.h"
#include "self_test.h"

Recogniser recogniser;
uint32_t samples = 0;  // since the start; sample n belongs to the time n / EW_RATE_HZ

void read_sample(float sample[EW_CHANNELS]) {
  for (int channel = 0; channel < EW_CHANNELS; channel++) sample[channel] = analogRead(A0);
}

void show(const int8_t *output, double t) {
  char line[96];
  if (!model::is_sequence) {
    float score;
    const int label = Recogniser::decide(output, score);
    if (label < 0) return;
    snprintf(line, sizeof(line),
             "{\"event\":\"detection\",\"label\":\"%s\",\"score\":%.2f,\"t\":%.2f}",
             model::labels[label], (double)score, t);
    Serial.println(line);
    return;
  }
  for (int n = model::first; n < model::last; n++) {  // a line of the values for each new time
    for (int label = 0; label < model::label_count; label++) {
      const float value = value_of(output[n * model::label_count + label]);
      snprintf(line, sizeof(line), "%.4g%s", (double)(model::offset + model::factor * value),
               label + 1 < model::label_count ? "," : "\n");
      Serial.print(line);
    }
  }
}

void setup() {
  Serial.begin(115200);
  const char *error = recogniser.begin();
  while (error) {
    Serial.println(error);
    delay(2000);
  }
  self_test(recogniser, Serial);
}

void loop() {
  static int8_t levels[EW_SIZE];
  static uint32_t next_us = micros();
  static uint32_t left = 0;  // of a microsecond, in parts of EW_RATE_HZ
  if ((int32_t)(micros() - next_us) >= 0) {
    left += 1000000UL % EW_RATE_HZ;
    next_us += 1000000UL / EW_RATE_HZ + left / EW_RATE_HZ;
    left %= EW_RATE_HZ;
    float sample[EW_CHANNELS];
    read_sample(sample);
    if (recogniser.push(sample, levels)) {
      const int8_t *output = recogniser.run(levels);
      if (output) show(output, (double)samples / EW_RATE_HZ);
    }
    samples++;
  }
  if (Serial.available() && Serial.read() == 't') self_test(recogniser, Serial);
}
