"""Interactions and a catalogue in, ranked lists with their evidence out."""
