"""Drivers of sensors and outputs, one file each; registry.py has their numbers."""
