"""Forgets what belongs to people who have left.

Streamlit keeps the session of a person who has left for two minutes, in case the connection was lost. After
that it never gives the session back, but drops it only when somebody else leaves: until then, pictures would
stay in memory. So it is told to drop the session shortly before, while it still finds it.
"""

import math
import threading
import time
from collections.abc import Callable

from service.failures import describe_failure

AFTER = 100.0
"""Seconds of absence after which a session is given up: with the time until it is noticed, less than 120."""

PATIENCE = 45.0
"""Seconds of absence for which work goes on: a locked phone or a proxy drops the connection for a moment."""

HURRIED = 10.0
"""The same while others wait, at most as long, for somebody who may have left for good. Whoever reloads the
page is such another: they come back as somebody new."""

_LOOK_EVERY = 10.0  # s

Forget = Callable[[], object]


class SessionReaper:
    """Watches over who is there. Any thread may call.

    Parameters
    ----------
    present : callable
        Whether the person of a session is there.
    finally_ : callable
        Called with a session when everything of it has been forgotten.
    after, look_every : float
        Seconds of absence after which a session is forgotten, and between two looks.
    clock : callable
        What `after` is measured by, in seconds.
    """

    def __init__(
        self,
        present: Callable[[str], bool],
        *,
        finally_: Callable[[str], object] = lambda session: None,
        after: float = AFTER,
        look_every: float = _LOOK_EVERY,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._present, self._finally = present, finally_
        self._after, self._look_every, self._clock = after, look_every, clock
        self._lock = threading.Lock()
        self._forget: dict[str, dict[str, Forget]] = {}
        self._seen: dict[str, float] = {}
        self._watched = False

    def on_leave(self, session: str, name: str, forget: Forget) -> None:
        """Have something forgotten once the person of a session has left.

        Parameters
        ----------
        session : str
        name : str
            Of what is forgotten; of the same name, only the last is called.
        forget : callable
            Called once, from another thread than the person's.
        """
        with self._lock:
            self._forget.setdefault(session, {})[name] = forget
            self._seen[session] = self._clock()
            watched, self._watched = self._watched, True
        if not watched:
            threading.Thread(target=self._watch, name="session reaper", daemon=True).start()

    def waits_for(self, session: str, *, hurried: bool = False) -> bool:
        """Whether the person of a session is there, or may come back in a moment: so long work goes on.

        `hurried` is whether others wait.
        """
        now = self._clock()
        with self._lock:
            if self._present(session):
                if session in self._seen:
                    self._seen[session] = now
                return True
            patience = HURRIED if hurried else PATIENCE
            return now - self._seen.get(session, -math.inf) <= patience

    def _watch(self) -> None:
        while True:
            time.sleep(self._look_every)
            try:
                due = self._due()
            except Exception as error:
                describe_failure(error)  # logged; the next look may succeed
                due = []
            for session, forgets in due:
                for forget in (*forgets, lambda session=session: self._finally(session)):
                    # Whatever one raises: the others, of everybody, are still to be forgotten.
                    try:
                        forget()
                    except Exception as error:
                        describe_failure(error)
            with self._lock:
                if not self._forget:
                    self._watched = False
                    return

    def _due(self) -> list[tuple[str, list[Forget]]]:
        """Note who is there, and return the others with what is to be forgotten of them."""
        now = self._clock()
        due: list[tuple[str, list[Forget]]] = []
        with self._lock:
            for session in list(self._forget):
                if self._present(session):
                    self._seen[session] = now
                elif now - self._seen[session] > self._after:
                    due.append((session, list(self._forget.pop(session).values())))
                    del self._seen[session]
        return due
