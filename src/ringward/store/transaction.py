"""A transaction in which rows can be written late, and parts of it that can be undone alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from ringward.domain.errors import Unavailable
from ringward.store.late_rows import LateRows


class Transaction:
    """See the module. Who begins and commits it is :class:`ringward.store.database.Database`."""

    def __init__(self, connection: Connection) -> None:
        self.late = LateRows()
        """What is written at the end of the transaction, or when somebody looks."""
        self._connection = connection
        self._failure: Exception | None = None
        """Set when the machine failed, as SQLite may have rolled everything back then, also what was done before;
        or when what several parts had left to be written could not be."""

    @property
    def connection(self) -> Connection:
        """The way to see and to do everything: what was to be written late is written before it is used."""
        self.insist()
        try:
            self.late.write(self._connection)
        except Exception as error:
            raise self.fail(error) from error
        return self._connection

    @contextmanager
    def part(self) -> Iterator[Transaction]:
        """A transaction within this one, which is undone alone when an exception passes.

        As long as nobody uses its connection it costs nothing: its rows are kept or forgotten.
        """
        self.insist()
        part = _Part(self, self._connection)
        try:
            yield part
            part.end()
        except OperationalError as error:
            raise self.fail(error) from error  # to undo it might fail too, and would say less
        except BaseException:
            part.undo()
            raise

    def insist(self) -> None:
        """Raise what has failed before."""
        if self._failure is not None:
            raise self._failure

    def fail(self, error: Exception) -> Exception:
        """From now on nothing can be done any more. Returns what is to be raised therefore."""
        if self._failure is None:
            self._failure = failure_of(error) if isinstance(error, OperationalError) else error
        return self._failure


class _Part(Transaction):
    """A transaction within another one, see there."""

    def __init__(self, whole: Transaction, connection: Connection) -> None:
        super().__init__(connection)
        self._whole = whole
        self._is_marked = False
        """Whether the database knows where it begins."""

    @property
    def connection(self) -> Connection:
        if not self._is_marked:
            # Without begin_nested(), which writes its statements anew each time, at the cost of five others.
            self._whole.connection.exec_driver_sql("SAVEPOINT part")
            self._is_marked = True
        self.insist()
        self.late.write(self._connection)
        return self._connection

    def end(self) -> None:
        """It has ended well; what is left to be written goes to the whole."""
        self._whole.late.take(self.late)
        if self._is_marked:
            self._connection.exec_driver_sql("RELEASE part")

    def undo(self) -> None:
        """Undo what was done in it."""
        if self._is_marked:
            self._connection.exec_driver_sql("ROLLBACK TO part")
            self._connection.exec_driver_sql("RELEASE part")

    def insist(self) -> None:
        self._whole.insist()

    def fail(self, error: Exception) -> Exception:
        return self._whole.fail(error)


def failure_of(error: OperationalError) -> Unavailable:
    """A failure of the machine, such as a full disk, in words."""
    return Unavailable(f"the database cannot be used: {error.orig}")
