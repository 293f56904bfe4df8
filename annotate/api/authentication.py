"""`Authorization: Token …`: the secret's hash is looked up, with its person, in one statement."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from annotate.models import ApiToken, User
from annotate.models.prepared import prepared_cursor

# Every call of every program runs this first: one prepared statement instead of a query built anew.
_FIELDS = User._meta.concrete_fields  # noqa: SLF001 - Django documents this as its public interface
_PERSON = f"""
SELECT {", ".join(f'person."{field.column}"' for field in _FIELDS)} FROM annotate_apitoken token
JOIN annotate_user person ON person.id = token.user_id
WHERE token.digest = %s AND person.is_active AND (token.expires_at IS NULL OR token.expires_at > now())
"""  # noqa: S608 - the names of our own columns


def _person_of(digest: str) -> User | None:
    with prepared_cursor() as cursor:
        cursor.execute(_PERSON, [digest])
        row = cursor.fetchone()
    return None if row is None else User.from_db("default", [field.attname for field in _FIELDS], row)


class TokenAuthentication(BaseAuthentication):
    """Let a program act as the person who issued its token."""

    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the token's person; None when the request carries no token."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"token":
            return None
        if len(words) != 2:  # noqa: PLR2004 - the keyword and the secret
            raise AuthenticationFailed("Write the header as “Authorization: Token <secret>”.")
        found = _person_of(ApiToken.digest_of(words[1].decode("ascii", "replace")))
        if found is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return found, None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        """Return what a 401 asks for; its presence is what makes it a 401."""
        return self.keyword


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names this."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002
        """Return the scheme: a header with a word before the secret."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Authorization: Token <secret>`",
        }
