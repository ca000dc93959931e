"""Loaded by schemathesis itself: what must not be asked for, or the caller would lose what it asks with."""

import os

import hypothesis
import schemathesis

KEPT_KEYS = set(filter(None, os.environ.get("GATEHOUSE_KEPT_KEYS", "").split(",")))
NO_KEY = "999999999"

# Making what was accepted ever simpler takes two thirds of a long run's time, for cases that hardly differ.
hypothesis.target = lambda *_, **__: None


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    if case.operation.label == "DELETE /v1/users/{guid}/keys/{id}" and case.path_parameters.get("id") in KEPT_KEYS:
        case.path_parameters["id"] = NO_KEY
