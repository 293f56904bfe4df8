from __future__ import annotations

import pytest

from annotate.models import Assignment, Membership, Project, User
from annotate.pipeline import staffing
from annotate.refusal import Refusal
from tests import make

pytestmark = pytest.mark.django_db
Role = Membership.Role


@pytest.fixture
def project() -> Project:
    return make.project()


@pytest.fixture
def boss(project: Project) -> User:
    return make.member(project, Role.MANAGER)


def place(role: Membership.Role) -> staffing.Place:
    return staffing.Place(role, ["en"], "red")


def test_who_is_taken_out_gives_back_what_is_in_work_and_keeps_what_is_done(
    project: Project, boss: User
) -> None:
    ada = make.member(project)
    done, begun = (make.task(make.conversation(project)) for _ in range(2))
    make.submission(done, ada)
    make.assignment(begun, ada)

    staffing.remove(ada.memberships.get(), boss)

    done.refresh_from_db()
    begun.refresh_from_db()
    assert (done.open_slots, begun.open_slots) == (2, 3)
    assert set(Assignment.objects.values_list("status", flat=True)) == {"submitted", "lapsed"}
    assert not ada.memberships.exists()


def test_an_annotator_who_becomes_a_reviewer_gives_tasks_back(project: Project, boss: User) -> None:
    ada = make.member(project)
    task = make.task(make.conversation(project))
    make.assignment(task, ada)

    staffing.change(ada.memberships.get(), boss, place(Role.REVIEWER))

    task.refresh_from_db()
    assert task.open_slots == 3
    assert ada.memberships.get().team == "red"


def test_the_last_manager_stays_one(project: Project, boss: User) -> None:
    with pytest.raises(Refusal, match="needs a manager"):
        staffing.change(boss.memberships.get(), boss, place(Role.REVIEWER), confirmed=True)
    other = make.member(project, Role.MANAGER)
    staffing.remove(other.memberships.get(), boss)
    assert boss.memberships.get().role == Role.MANAGER


def test_nobody_demotes_oneself_by_accident(project: Project, boss: User) -> None:
    make.member(project, Role.MANAGER)
    with pytest.raises(Refusal) as refused:
        staffing.change(boss.memberships.get(), boss, place(Role.REVIEWER))
    assert refused.value.problems[0].path == "confirm"
    with pytest.raises(Refusal, match="yourself"):
        staffing.remove(boss.memberships.get(), boss)

    staffing.change(boss.memberships.get(), boss, place(Role.REVIEWER), confirmed=True)
    assert boss.memberships.get().role == Role.REVIEWER


@pytest.mark.parametrize("beyond", ["another project", "staff", "oneself"])
def test_no_password_is_reset_that_opens_more_than_the_manager_manages(
    project: Project, boss: User, beyond: str
) -> None:
    ada = boss if beyond == "oneself" else make.member(project)
    if beyond == "another project":
        Membership.objects.create(project=make.project(), user=ada, role=Role.ANNOTATOR)
    elif beyond == "staff":
        User.objects.filter(pk=ada.pk).update(is_staff=True)
    ada.refresh_from_db()
    with pytest.raises(Refusal, match="operator"):
        staffing.reset_key(ada.memberships.get(project=project), boss)
