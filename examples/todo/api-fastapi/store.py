"""The tasks in SQLite. Every statement names the user."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import TypeVar

from gatewright import VerifiedToken
from models import NewTask, PartOfTask, Task, TaskRow, WholeTask
from sqlalchemy import Engine, ScalarResult, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import Session, SQLModel, col, create_engine, delete, select, update

T = TypeVar("T")
_ID = col(TaskRow.id)
_OWNER = col(TaskRow.user_id)
SECONDS_TO_WAIT_FOR_A_LOCK = 5


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
        event.listen(engine, "connect", _keep_a_log_of_writes)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as thread:
            store = cls(engine, thread)
            await store._run(_create_tables)
            yield store
            await asyncio.wrap_future(thread.submit(engine.dispose))

    async def tasks(self, user: VerifiedToken) -> list[Task]:
        statement = select(TaskRow).where(_OWNER == user.subject).order_by(_ID)
        return await self._run(lambda session: [_task(row) for row in session.exec(statement)])

    async def create_task(self, user: VerifiedToken, new: NewTask) -> Task:
        now = _now()
        row = TaskRow(user_id=user.subject, title=new.title, created_at=now, updated_at=now)

        def insert(session: Session) -> Task:
            session.add(row)
            session.flush()
            return _task(row)

        return await self._run(insert)

    async def find_task(self, user: VerifiedToken, task_id: int) -> Task | None:
        statement = select(TaskRow).where(_OWNER == user.subject, _ID == task_id)
        return await self._run(lambda session: _one(session.exec(statement)))

    async def change_task(
        self, user: VerifiedToken, task_id: int, changes: WholeTask | PartOfTask
    ) -> Task | None:
        """Changes what is given, and leaves the rest."""
        statement = (
            update(TaskRow)
            .where(_OWNER == user.subject, _ID == task_id)
            .values(**changes.model_dump(exclude_unset=True), updated_at=_now())
            .returning(TaskRow)
        )
        return await self._run(lambda session: _one(session.scalars(statement)))

    async def delete_task(self, user: VerifiedToken, task_id: int) -> bool:
        """Whether there was one to delete."""
        statement = delete(TaskRow).where(_OWNER == user.subject, _ID == task_id)
        return await self._run(lambda session: session.exec(statement).rowcount > 0)

    async def _run(self, work: Callable[[Session], T]) -> T:
        """Runs a transaction; an exception in it rolls it back."""

        def transact() -> T:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transact)


def _task(row: TaskRow) -> Task:
    return Task.model_validate(row, from_attributes=True)


def _one(rows: ScalarResult[TaskRow]) -> Task | None:
    row = rows.one_or_none()
    return None if row is None else _task(row)


def _create_tables(session: Session) -> None:
    # IF NOT EXISTS, unlike `SQLModel.metadata.create_all`: several workers start at once.
    table = SQLModel.metadata.tables[TaskRow.__tablename__]
    session.execute(CreateTable(table, if_not_exists=True))
    for index in table.indexes:
        session.execute(CreateIndex(index, if_not_exists=True))


def _keep_a_log_of_writes(connection: DBAPIConnection, _: object) -> None:
    """Readers do not wait for a writer, nor a writer for them."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _now() -> str:
    """RFC 3339 in UTC with milliseconds, which JavaScript's `Date` reads and writes."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
