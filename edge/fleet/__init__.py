"""Fleets: an operator watches many devices over MQTT and gives them new models."""
