"""Discards the data of people who have left.

Streamlit keeps the session of a person who has left for two minutes, in case the connection was lost. After
that the session can no longer be reached, but is only dropped when somebody else leaves; until then its
pictures would stay in memory. So we close the session shortly before, while Streamlit still finds it.
"""

import math
import threading
import time
from collections.abc import Callable
from functools import partial

from service.failures import describe_failure

TIMEOUT = 100.0
"""Seconds of absence after which a session is discarded; below 120 even with the time until it is noticed."""

GRACE = 45.0
"""Seconds of absence during which work continues: a locked phone or a proxy may drop the connection."""

SHORT_GRACE = 10.0
"""The same while others wait, so that they do not wait long for somebody who has left for good. This includes
people who reload the page: they come back in a new session."""

_POLL_INTERVAL = 10.0  # s

Forget = Callable[[], object]


class SessionReaper:
    """Tracks which sessions are connected. Thread-safe.

    Parameters
    ----------
    present : callable
        Returns whether a session is connected.
    on_forgotten : callable
        Called with the sessions for which everything registered has just been forgotten.
    timeout, poll_interval : float
        Seconds of absence after which a session is forgotten, and seconds between two polls.
    clock : callable
        Returns the time in seconds against which `timeout` is measured.
    """

    def __init__(
        self,
        present: Callable[[str], bool],
        *,
        on_forgotten: Callable[[list[str]], object] = lambda sessions: None,
        timeout: float = TIMEOUT,
        poll_interval: float = _POLL_INTERVAL,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._present, self._on_forgotten = present, on_forgotten
        self._timeout, self._poll_interval, self._clock = timeout, poll_interval, clock
        self._lock = threading.Lock()
        self._forget: dict[str, dict[str, Forget]] = {}
        self._last_seen: dict[str, float] = {}
        self._watching = False

    def on_leave(self, session: str, name: str, forget: Forget) -> None:
        """Register a callback for when the person of a session has left.

        Parameters
        ----------
        session : str
        name : str
            Identifies the callback; a later one with the same name replaces it.
        forget : callable
            Called once, from the reaper's thread.
        """
        with self._lock:
            self._forget.setdefault(session, {})[name] = forget
            self._last_seen[session] = self._clock()
            watching, self._watching = self._watching, True
        if not watching:
            threading.Thread(target=self._watch, name="session reaper", daemon=True).start()

    def should_continue(self, session: str, *, others_waiting: bool = False) -> bool:
        """Return whether work for a session should continue: it is connected, or was until a moment ago."""
        now = self._clock()
        with self._lock:
            if self._present(session):
                if session in self._last_seen:
                    self._last_seen[session] = now
                return True
            grace = SHORT_GRACE if others_waiting else GRACE
            return now - self._last_seen.get(session, -math.inf) <= grace

    def _watch(self) -> None:
        while True:
            time.sleep(self._poll_interval)
            try:
                expired = self._pop_expired()
            except Exception as error:
                describe_failure(error)  # logged; the next poll may succeed
                expired = []
            calls = [forget for _, forgets in expired for forget in forgets]
            if expired:
                calls.append(partial(self._on_forgotten, [session for session, _ in expired]))
            for call in calls:
                # One that fails must not keep the others, of any session, from being called.
                try:
                    call()
                except Exception as error:
                    describe_failure(error)
            with self._lock:
                if not self._forget:
                    self._watching = False
                    return

    def _pop_expired(self) -> list[tuple[str, list[Forget]]]:
        """Remove and return the sessions that have timed out, with their callbacks."""
        now = self._clock()
        expired: list[tuple[str, list[Forget]]] = []
        with self._lock:
            for session in list(self._forget):
                if self._present(session):
                    self._last_seen[session] = now
                elif now - self._last_seen[session] > self._timeout:
                    expired.append((session, list(self._forget.pop(session).values())))
                    del self._last_seen[session]
        return expired
