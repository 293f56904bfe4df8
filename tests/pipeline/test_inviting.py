from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotate.models import Invitation, Membership, Project, User
from annotate.pipeline import inviting
from annotate.refusal import Refusal
from tests import make

REVIEWER = Membership.Role.REVIEWER


def invite(project: Project, **terms: object) -> str:
    """Return the digest of a new invitation of reviewers."""
    given = inviting.Terms(role=REVIEWER, languages=["en"], team="red", **terms)  # type: ignore[arg-type]
    manager = make.member(project, Membership.Role.MANAGER)
    return inviting.digest_of(inviting.invite(project, manager, given))


@pytest.mark.django_db
def test_who_joins_gets_what_the_link_gives_and_uses_it_up() -> None:
    project = make.project()
    digest = invite(project)

    assert inviting.join(make.user(), digest).is_new
    made = Membership.objects.get(project=project, role=REVIEWER)
    assert (made.languages, made.team) == (["en"], "red")
    with pytest.raises(Refusal, match="no longer valid"):
        inviting.join(make.user(), digest)


@pytest.mark.django_db
def test_a_member_uses_nothing_up_and_keeps_the_role() -> None:
    project = make.project()
    digest = invite(project)
    ada = make.member(project)

    assert not inviting.join(ada, digest).is_new
    assert Invitation.objects.get().uses_left == 1
    assert ada.memberships.get().role == "annotator"


@pytest.mark.django_db
def test_an_expired_link_lets_nobody_in_and_leaves_no_account_behind() -> None:
    digest = invite(make.project(), uses=5)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Refusal, match="no longer valid"):
        inviting.join_as_new(digest, username="eve", password="battery staple 9", language="en")
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "value"), [("uses", 0), ("uses", 1001), ("days", 0), ("days", 91)])
def test_uses_and_days_have_bounds(field: str, value: int) -> None:
    with pytest.raises(Refusal) as refused:
        invite(make.project(), **{field: value})
    assert refused.value.problems[0].path == field


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_share_the_last_use() -> None:
    digest = invite(make.project())
    people = [make.user() for _ in range(4)]
    start = threading.Barrier(len(people))
    joined: list[bool] = []

    def go(person: User) -> None:
        start.wait()
        try:
            joined.append(inviting.join(person, digest).is_new)
        except Refusal:
            joined.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(joined) == [False, False, False, True]
    assert Invitation.objects.get().uses_left == 0
    assert Membership.objects.filter(role=REVIEWER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_who_presses_twice_at_once_pays_once() -> None:
    digest = invite(make.project(), uses=2)
    ada = make.user()
    start = threading.Barrier(2)
    answers: list[bool] = []

    def go() -> None:
        start.wait()
        answers.append(inviting.join(ada, digest).is_new)
        connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [False, True]
    assert Invitation.objects.get().uses_left == 1


@pytest.mark.django_db
@pytest.mark.parametrize("withdrawn", ["another role", "taken out", "closed account"])
def test_a_link_ends_with_its_makers_right_to_make_it(withdrawn: str) -> None:
    project = make.project()
    digest = invite(project, uses=9)
    maker = Membership.objects.filter(project=project, role=Membership.Role.MANAGER)
    match withdrawn:
        case "another role":
            maker.update(role=Membership.Role.ANNOTATOR)
        case "taken out":
            maker.delete()
        case _:
            User.objects.filter(memberships__in=maker).update(is_active=False)

    assert inviting.usable(digest) is None
    with pytest.raises(Refusal, match="no longer valid"):
        inviting.join(make.user(), digest)
    assert Invitation.objects.get().uses_left == 9


@pytest.mark.django_db(transaction=True)
def test_who_was_taken_out_does_not_come_back_by_an_older_link() -> None:
    project = make.project()
    before = invite(project, uses=9)
    ada = make.member(project)
    ada.memberships.get().delete()

    with pytest.raises(Refusal, match="no longer valid"):
        inviting.join(ada, before)
    assert inviting.join(make.user(), before).is_new
    assert inviting.join(ada, invite(project)).is_new
