"""Events over MQTT, with discovery by Home Assistant."""
