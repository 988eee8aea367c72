"""The hardware of one PC: pure encoders and decoders, one thin port shell, an agent, simulators."""
