"""Do one thing after the other on several engines at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar


class Stoppable(Protocol):
    """What another thread can stop."""

    def interrupt(self) -> None:
        """Stop what is running."""


Lane = TypeVar("Lane", bound=Stoppable)
Thing = TypeVar("Thing")
Done = TypeVar("Done")

SECONDS_TO_STOP = 0.1


def side_by_side(
    lanes: Sequence[Lane],
    things: Sequence[Thing],
    do: Callable[[Lane, Thing], Done],
    begun: Callable[[Thing, int], None],
) -> list[Done]:
    """What `do` gives for each thing, in their order; each lane does one at a time.

    `begun` hears in the calling thread of each thing that is begun, and how many are done. Whatever ends this early,
    an interruption for one, stops all lanes first.
    """
    if len(lanes) == 1:
        # In the calling thread the engine hears of an interruption itself.
        alone = list[Done]()
        for thing in things:
            begun(thing, len(alone))
            alone.append(do(lanes[0], thing))
        return alone
    waiting, free, done = deque(enumerate(things)), list(lanes), dict[int, Done]()
    running = dict[Future[Done], tuple[int, Lane]]()
    with ThreadPoolExecutor(len(lanes)) as pool:
        try:
            while waiting or running:
                while waiting and free:
                    (number, thing), lane = waiting.popleft(), free.pop()
                    begun(thing, len(done))
                    running[pool.submit(do, lane, thing)] = number, lane
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number, lane = running.pop(future)
                    done[number] = future.result()
                    free.append(lane)
        except BaseException:
            # A query may just begin while the one before it is stopped.
            while wait(running, SECONDS_TO_STOP).not_done:
                for _, lane in running.values():
                    lane.interrupt()
            raise
    return [done[number] for number in range(len(things))]
