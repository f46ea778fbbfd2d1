"""Runs and controls the ChaserEmu browser-session emulator in tests: its clock, faults, journal, sessions and state.

The types of requests and answers, such as `CallMatch` and `SessionInspection`, are in `chaseremu.types`.
"""
from ._emulator import ChaserEmulator
from ._parts import (
    EmulatorCdpJournal, EmulatorClock, EmulatorFaults, EmulatorJournal, EmulatorSessions, EmulatorState, EmulatorWorkspaces, FaultRule,
)
from .errors import ChaserEmulatorError, JournalVerificationError, NearMiss

__all__ = [
    "ChaserEmulator", "ChaserEmulatorError", "EmulatorCdpJournal", "EmulatorClock", "EmulatorFaults", "EmulatorJournal", "EmulatorSessions",
    "EmulatorState", "EmulatorWorkspaces", "FaultRule", "JournalVerificationError", "NearMiss",
]
