"""`Authorization: Token …`: the secret's hash is looked up, with its person, in one statement."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.functions import Now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from annotate.models import ApiToken, User


class TokenAuthentication(BaseAuthentication):
    """Let a program act as the person who issued its token."""

    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token's person; None when the request carries no token."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"token":
            return None
        if len(words) != 2:  # noqa: PLR2004 - the keyword and the secret
            raise AuthenticationFailed("Write the header as “Authorization: Token <secret>”.")
        token = (
            ApiToken.objects.filter(digest=ApiToken.digest_of(words[1].decode("ascii", "replace")))
            .filter(Q(expires_at=None) | Q(expires_at__gt=Now()), user__is_active=True)
            .select_related("user")
            .first()
        )
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return token.user, token

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
