from __future__ import annotations

import pytest

from annotate.models import ApiToken, Membership, User
from annotate.pipeline import enrolling
from annotate.refusal import Refusal
from tests import make

pytestmark = pytest.mark.django_db
ANNOTATOR = Membership.Role.ANNOTATOR


def test_new_people_can_log_in_and_their_tokens_are_stored_hashed() -> None:
    project = make.project()
    first, second = enrolling.create_people(project, ANNOTATOR, count=2, prefix="ann")
    person = User.objects.get(username="ann1")
    assert (first.username, second.username) == ("ann1", "ann2")
    assert person.check_password(first.password)
    assert person.memberships.get().role == "annotator"
    assert person.api_tokens.get().digest == ApiToken.digest_of(first.token)
    assert first.password != second.password


def test_more_people_of_one_prefix_get_the_next_free_names() -> None:
    project = make.project()
    make.user("ann2")
    names = [one.username for one in enrolling.create_people(project, ANNOTATOR, count=2, prefix="ann")]
    assert names == ["ann1", "ann3"]


@pytest.mark.parametrize(
    ("count", "prefix", "code"),
    [(0, "ann", "count_refused"), (1001, "ann", "count_refused"), (1, "a b", "username_refused")],
)
def test_people_who_cannot_be_are_refused(count: int, prefix: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        enrolling.create_people(make.project(), ANNOTATOR, count=count, prefix=prefix)
    assert refused.value.problems[0].code == code
    assert not User.objects.exists()


def test_a_person_is_created_then_kept_and_their_password_set_right() -> None:
    project = make.project()
    for role, password in (
        ("annotator", "one password"),
        ("annotator", "one password"),
        ("reviewer", "another"),
    ):
        enrolling.ensure_person(project, Membership.Role(role), "ann", password)
    person = User.objects.get()
    assert person.check_password("another")
    assert person.memberships.get().role == "reviewer"


def test_a_person_without_a_password_stays_without_one() -> None:
    project = make.project()
    person = enrolling.ensure_person(project, ANNOTATOR, "ann", None)
    stored = person.password
    assert not person.has_usable_password()
    enrolling.ensure_person(project, ANNOTATOR, "ann", None)
    assert User.objects.get().password == stored
    enrolling.ensure_person(project, ANNOTATOR, "ann", "one password")
    enrolling.ensure_person(project, ANNOTATOR, "ann", None)
    assert not User.objects.get().has_usable_password()


def test_the_name_of_a_stranger_is_refused() -> None:
    make.user("ann")
    with pytest.raises(Refusal, match="already"):
        enrolling.ensure_person(make.project(), ANNOTATOR, "ann", "one password")
    assert User.objects.get().check_password("correct horse")
