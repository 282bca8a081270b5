"""A task, and what a client may say about one."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StrictBool, StrictStr
from pydantic_core import PydanticCustomError
from sqlmodel import Field, Index, SQLModel

MAX_TITLE_CHARACTERS = 200
# Unicode's White_Space. `str.strip()` alone would also take the separators U+001C to U+001F.
WHITE_SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def _trimmed(text: str) -> str:
    text.encode()  # A lone surrogate, which JSON can write, is no text.
    title = text.strip(WHITE_SPACE)
    if not 1 <= len(title) <= MAX_TITLE_CHARACTERS:
        message = f"The title must have 1 to {MAX_TITLE_CHARACTERS} characters"
        raise PydanticCustomError("invalid_title", "{message}", {"message": message})
    return title


Title = Annotated[StrictStr, AfterValidator(_trimmed)]
"""A title without space around it, of 1 to 200 characters."""


class Task(SQLModel):
    """A task as it goes over the wire."""

    id: int
    user_id: str
    title: str
    completed: bool
    created_at: str
    updated_at: str


class TaskRow(SQLModel, table=True):
    """A task as it is kept."""

    __tablename__ = "tasks"
    # The id of a deleted task never comes back.
    __table_args__ = (Index("tasks_by_user", "user_id", "id"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    user_id: str
    title: str
    completed: bool = False
    created_at: str
    updated_at: str


class NewTask(SQLModel):
    """The body of `POST`."""

    title: Title


class WholeTask(SQLModel):
    """The body of `PUT`: all that a client may say."""

    title: Title
    completed: StrictBool


class PartOfTask(SQLModel):
    """The body of `PATCH`: any part of it. A member is left out or has a value; that `null` is
    neither is seen to where bodies are read."""

    title: Title | None = None
    completed: StrictBool | None = None
