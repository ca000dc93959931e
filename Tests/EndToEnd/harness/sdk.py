"""posit-sdk's client for a person of an account."""

from posit.connect import Client

from .account import Person


def client_of(person: Person) -> Client:
    """The SDK's objects refer to their client weakly: the person holds it."""
    if not hasattr(person, "client"):
        person.client = Client(url=person.server.base_url, api_key=person.key)
    return person.client
