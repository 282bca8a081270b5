"""The routes, and what each demands: an `Owner` in the signature is the isolation of users."""

from __future__ import annotations

from typing import Annotated, NoReturn

from bodies import JsonBody
from fastapi import APIRouter, Depends, HTTPException, Request, Response, params
from gatewright import VerifiedToken
from gatewright.fastapi import verify_jwt, verify_user_match
from models import NewTask, PartOfTask, Task, WholeTask
from store import Store

TASKS = "/api/{user_id:name}/tasks"
TASK = "/api/{user_id:name}/tasks/{task_id:id}"
MAX_ID = 2**63 - 1

router = APIRouter()


async def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


async def _task_id(task_id: str) -> int:
    """Digits without a sign and without leading zeros, so that one task has one address."""
    if task_id == "":  # not UTF-8: whose such a path is cannot be told
        raise HTTPException(403, "Access denied")
    is_canonical = task_id.isascii() and task_id.isdigit() and not task_id.startswith("0")
    if not is_canonical or len(task_id) > len(str(MAX_ID)) or int(task_id) > MAX_ID:
        raise HTTPException(404, "Not found")
    return int(task_id)


# In a signature, each is checked in turn: the user, then the path, then the body.
Owner = Annotated[VerifiedToken, Depends(verify_user_match)]
TaskId = Annotated[int, Depends(_task_id)]
Tasks = Annotated[Store, Depends(_store)]


@router.api_route("/health", methods=["GET", "HEAD"])
async def health() -> dict[str, str]:
    return {"status": "ok"}


@router.api_route(TASKS, methods=["GET", "HEAD"])
async def list_tasks(owner: Owner, store: Tasks) -> list[Task]:
    return await store.tasks(owner)


@router.post(TASKS, status_code=201)
async def create_task(
    owner: Owner, body: Annotated[NewTask, Depends(JsonBody(NewTask))], store: Tasks
) -> Task:
    return await store.create_task(owner, body.title)


@router.api_route(TASK, methods=["GET", "HEAD"])
async def show_task(owner: Owner, task_id: TaskId, store: Tasks) -> Task:
    return _found(await store.find_task(owner, task_id))


@router.put(TASK)
async def replace_task(
    owner: Owner,
    task_id: TaskId,
    body: Annotated[WholeTask, Depends(JsonBody(WholeTask))],
    store: Tasks,
) -> Task:
    return _found(await store.change_task(owner, task_id, body.title, body.completed))


@router.patch(TASK)
async def change_task(
    owner: Owner,
    task_id: TaskId,
    body: Annotated[PartOfTask, Depends(JsonBody(PartOfTask))],
    store: Tasks,
) -> Task:
    return _found(await store.change_task(owner, task_id, body.title, body.completed))


@router.delete(TASK, status_code=204, response_class=Response)
async def remove_task(owner: Owner, task_id: TaskId, store: Tasks) -> None:
    if not await store.delete_task(owner, task_id):
        raise HTTPException(404, "Task not found")


def _refuse_other_methods(path: str, allowed: str, guards: list[params.Depends]) -> None:
    """Behind the routes of a path, for the methods that none of them takes. FastAPI's own 405 is
    sent before any guard runs, and names the methods of one route only."""

    async def wrong_method() -> NoReturn:
        raise HTTPException(405, "Method not allowed", {"Allow": allowed})

    # No method at all stands for every method, and for every name that might be one.
    router.add_api_route(
        path, wrong_method, methods=[], dependencies=guards, operation_id=f"no {path}",
        include_in_schema=False, response_model=None,
    )  # fmt: skip


_refuse_other_methods("/health", "GET, HEAD", [])
_refuse_other_methods(TASKS, "GET, HEAD, POST", [Depends(verify_jwt)])
_refuse_other_methods(TASK, "GET, HEAD, PUT, PATCH, DELETE", [Depends(verify_jwt)])


def _found(task: Task | None) -> Task:
    if task is None:
        raise HTTPException(404, "Task not found")
    return task
