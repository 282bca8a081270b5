"""The tasks in SQLite. Every statement names the user."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any, TypeVar

from gatewright import VerifiedToken
from models import Task, TaskRow
from sqlalchemy import Connection, Engine, bindparam, event, insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel, col, create_engine, delete, func, select, update

T = TypeVar("T")
SECONDS_TO_WAIT_FOR_A_LOCK = 5

# Built once: putting one together takes longer than SQLite does.
_OF_USER = col(TaskRow.user_id) == bindparam("user")
_OF_ID = col(TaskRow.id) == bindparam("task")
_LIST = select(TaskRow).where(_OF_USER).order_by(col(TaskRow.id))
_FIND = select(TaskRow).where(_OF_USER, _OF_ID)
_CREATE = insert(TaskRow).returning(TaskRow)
_CHANGE = (
    update(TaskRow)
    .where(_OF_USER, _OF_ID)
    .values(
        title=func.coalesce(bindparam("new_title"), col(TaskRow.title)),
        completed=func.coalesce(bindparam("new_completed"), col(TaskRow.completed)),
        updated_at=bindparam("now"),
    )
    .returning(TaskRow)
)
_DELETE = delete(TaskRow).where(_OF_USER, _OF_ID)


class Store:
    """One connection on one thread: SQLite writes one at a time anyway.

    SQLite blocks: for microseconds as a rule, and for seconds while another process holds the
    lock. So the event loop hands a whole transaction to the thread and serves others meanwhile. A
    driver that is asynchronous call by call (aiosqlite) has such a thread as well, and changes
    over to it and back for each statement, commit and fetch.
    """

    def __init__(self, engine: Engine, thread: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._thread = thread

    @classmethod
    @asynccontextmanager
    async def open(cls, file: str) -> AsyncIterator[Store]:
        engine = create_engine(
            f"sqlite:///{file}",
            connect_args={"timeout": SECONDS_TO_WAIT_FOR_A_LOCK},
            # What users wrote has no place in an error's text.
            hide_parameters=True,
            poolclass=StaticPool,
        )
        event.listen(engine, "connect", _let_readers_and_writers_be)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as thread:
            store = cls(engine, thread)
            await store._run(_create_tables)
            yield store
            await asyncio.wrap_future(thread.submit(engine.dispose))

    async def tasks(self, user: VerifiedToken) -> list[Task]:
        values = {"user": user.subject}
        return await self._run(
            lambda connection: [_task(row._mapping) for row in connection.execute(_LIST, values)]
        )

    async def create_task(self, user: VerifiedToken, title: str) -> Task:
        now = _now()
        values = {"user_id": user.subject, "title": title, "completed": False}
        values |= {"created_at": now, "updated_at": now}
        return await self._run(
            lambda connection: _task(connection.execute(_CREATE, values).one()._mapping)
        )

    async def find_task(self, user: VerifiedToken, task_id: int) -> Task | None:
        return await self._run_for_one(_FIND, {"user": user.subject, "task": task_id})

    async def change_task(
        self, user: VerifiedToken, task_id: int, title: str | None, completed: bool | None
    ) -> Task | None:
        """Changes what is given, and leaves the rest."""
        values = {"user": user.subject, "task": task_id, "now": _now()}
        values |= {"new_title": title, "new_completed": completed}
        return await self._run_for_one(_CHANGE, values)

    async def delete_task(self, user: VerifiedToken, task_id: int) -> bool:
        """Whether there was one to delete."""
        values = {"user": user.subject, "task": task_id}
        return await self._run(
            lambda connection: connection.execute(_DELETE, values).rowcount > 0
        )

    async def _run_for_one(self, statement: Any, values: dict[str, Any]) -> Task | None:
        def one(connection: Connection) -> Task | None:
            row = connection.execute(statement, values).one_or_none()
            return None if row is None else _task(row._mapping)

        return await self._run(one)

    async def _run(self, work: Callable[[Connection], T]) -> T:
        """Runs a transaction; an exception in it rolls it back."""

        def transact() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transact)


def _task(columns: Any) -> Task:
    return Task(**columns)


def _create_tables(connection: Connection) -> None:
    # IF NOT EXISTS, unlike `SQLModel.metadata.create_all`: several workers start at once.
    table = SQLModel.metadata.tables[TaskRow.__tablename__]
    connection.execute(CreateTable(table, if_not_exists=True))
    for index in table.indexes:
        connection.execute(CreateIndex(index, if_not_exists=True))


def _let_readers_and_writers_be(connection: DBAPIConnection, _: object) -> None:
    """With a write-ahead log they do not wait for each other."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _now() -> str:
    """RFC 3339 in UTC with milliseconds, which JavaScript's `Date` reads and writes."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
