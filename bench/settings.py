"""How long and how often things are measured."""

import dataclasses


@dataclasses.dataclass
class Settings:
    threads: list
    rounds: int           # turns of every engine
    seconds: float        # of a turn
    starts: int           # fresh processes per engine
    # Between turns: threads of the engine before may spin for a while.
    pause_seconds: float = 0.05


def full(threads):
    return Settings(threads, rounds=9, seconds=0.5, starts=9)


def quick(threads):
    """To see that all is well; not for figures that are told to others."""
    return Settings(threads, rounds=3, seconds=0.1, starts=3)
