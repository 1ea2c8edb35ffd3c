import hashlib
import secrets
from collections.abc import Callable, Iterator

import pytest

from tests.live import Live, wait_until
from valuation_client import Client, NotAuthenticated, Retries


@pytest.fixture
def client(live: Live) -> Iterator[Client]:
    with Client(live.url) as client:
        yield client


@pytest.fixture
def with_key(live: Live) -> Iterator[Callable[[str], Client]]:
    """Clients whose keys have one scope each; the keys are gone afterwards."""
    clients: list[Client] = []

    def make(scope: str) -> Client:
        secret = f"vk_{secrets.token_urlsafe(32)}"
        name = f"client-{scope}-{secrets.token_hex(4)}"
        with live.database() as database:
            database.execute(
                "INSERT INTO keys_apikey (name, prefix, digest, scopes, created_by, expires_at) "
                "VALUES (%s, %s, %s, %s, 'test', now() + interval '1 hour')",
                [name, secret[:9], hashlib.sha256(secret.encode()).hexdigest(), [scope]],
            )
        client = Client(live.url, secret, retries=Retries(seconds=0))
        clients.append(client)
        wait_until(lambda: is_known(client))
        return client

    yield make
    for client in clients:
        client.close()
    with live.database() as database:
        database.execute("DELETE FROM keys_apikey WHERE created_by = 'test'")


def is_known(client: Client) -> bool:
    """Each web process looks four times a second; one connection stays with one of them."""
    try:
        client.version()
    except NotAuthenticated:
        return False
    return True
