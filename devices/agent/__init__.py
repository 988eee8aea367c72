"""The agent of one PC: joins its devices to the caller. `Agent` is the door of this room."""

from devices.agent.agent import Agent, CommandSender
from devices.agent.stations import AgentStation

__all__ = ["Agent", "AgentStation", "CommandSender"]
