"""Sign-in of programs: tokens for a username and password, with the second factor of whoever has one."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask_appbuilder.api import safe
from flask_appbuilder.const import API_SECURITY_ACCESS_TOKEN_KEY, API_SECURITY_REFRESH_TOKEN_KEY
from flask_appbuilder.security.api import SecurityApi as FabSecurityApi
from flask_appbuilder.views import expose
from flask_babel import gettext as _
from flask_jwt_extended import create_access_token, create_refresh_token
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app import authentication, entering, second_factor
from app.throttle import TooMany
from models.base import db
from models.people import PortalUser


class Asked(Schema):
    """What a program sends to sign in."""

    class Meta:
        unknown = EXCLUDE

    username = fields.String(required=True, validate=validate.Length(1, 320))
    password = fields.String(required=True, validate=validate.Length(1, 1000))
    provider = fields.String(required=True, validate=validate.OneOf(["db"]))
    refresh = fields.Boolean(load_default=False)
    code = fields.String(load_default="", validate=validate.Length(max=40))


class SecurityApi(FabSecurityApi):
    """Flask-AppBuilder's, with our throttle and second factor on its way in."""

    @expose("/login", methods=["POST"])
    @safe
    def login(self) -> Any:
        """Give a token for a username and password
        ---
        post:
          description: >-
            Authenticate and get a JWT access and, if asked for, a refresh token. `code` is the second factor.
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [username, password, provider]
                  properties:
                    username:
                      type: string
                    password:
                      type: string
                    provider:
                      type: string
                      enum: [db]
                    refresh:
                      type: boolean
                    code:
                      type: string
          responses:
            200:
              description: Authentication Successful
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      access_token:
                        type: string
                      refresh_token:
                        type: string
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            429:
              description: Too many attempts; Retry-After says how many seconds to wait
        """
        if not request.is_json:
            return self.response_400(message="Request payload is not JSON")
        try:
            asked = Asked().load(request.json)
        except ValidationError as error:
            return self.response_400(message=error.messages)
        try:
            user = self.appbuilder.sm.auth_user_db(asked["username"], asked["password"])
            if user is None:
                return self.response_401()
            if missing := _missing(user, asked["code"]):
                return self.response(401, message=missing)
        except TooMany as many:
            return _slow_down(many)
        return self.response(200, **_tokens(user, asked["refresh"]))


def _missing(user: PortalUser, code: str) -> str | None:
    """What is still needed besides the right password."""
    user_id = user.id
    if second_factor.is_on(user_id):
        if not code or not authentication.by_code(user_id, code):
            return _("The code of the second factor is missing or not right.")
        db.session.commit()
        authentication.code_was_right(user_id)
        return None
    if entering.must_enroll(user):
        return _("Please sign in with a browser first and set up a second factor.")
    return None


def _slow_down(many: TooMany) -> Any:
    answer = jsonify(message=entering.wait_words(many))
    answer.status_code = 429
    answer.headers["Retry-After"] = str(many.seconds)
    return answer


def _tokens(user: PortalUser, with_refresh: bool) -> dict[str, str]:
    found = {API_SECURITY_ACCESS_TOKEN_KEY: create_access_token(identity=str(user.id), fresh=True)}
    if with_refresh:
        found[API_SECURITY_REFRESH_TOKEN_KEY] = create_refresh_token(identity=str(user.id))
    return found
