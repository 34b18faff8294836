"""Ready or not, numbers for Prometheus, and log lines that say which request they belong to."""

import asyncio
import io
import json
import logging

import pytest
from django.db import OperationalError

from flags import flags
from live.observe import counters, health
from live.observe.logs import JsonFormatter, RequestId
from live.observe.requests import Counted, request_id
from operators import store_figures
from store import heartbeat, keys
from store.client import client as redis
from store.sync_loop import run_sync

pytestmark = pytest.mark.django_db(transaction=True)


class TestReady:
    def problems(self, client) -> list[str]:
        answer = client.get("/readyz")
        assert (answer.status_code == 200) == answer.json()["ok"]
        return answer.json()["problems"]

    def test_a_worker_must_be_alive(self, client):
        assert "none has ever" in self.problems(client)[0]
        run_sync(heartbeat.beat("w1"))
        assert self.problems(client) == []

        async def long_ago() -> None:
            await redis().zadd(keys.heartbeats(), {"w1": 1_000})

        run_sync(long_ago())
        assert "silent for" in self.problems(client)[0]
        run_sync(heartbeat.beat("w2"))
        assert self.problems(client) == []

    def test_waiting_migrations_are_named(self, client, monkeypatch):
        run_sync(heartbeat.beat("w1"))
        monkeypatch.setattr(health, "_migrated", False)
        monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: [1, 2])
        assert "2 migrations wait" in self.problems(client)[0]

    def test_redis_away_is_named(self, client, settings, tmp_path):
        settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
        assert self.problems(client)[0].startswith("redis:")


class TestMetrics:
    def test_they_are_in_prometheus_format(self, client):
        counters.count("runs_started", 3)
        text = client.get("/metrics").content.decode()
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert float(values['gameapp_events_total{event="runs_started"}']) >= 3
        assert all(float(value) >= 0 for value in values.values())
        assert (
            values['gameapp_mark_to_frame_seconds_bucket{le="+Inf"}'] == values["gameapp_mark_to_frame_seconds_count"]
        )
        assert float(values["process_resident_memory_bytes"]) > 10_000_000

    async def test_how_long_requests_took_is_a_histogram(self, async_client):
        async def answer(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def nothing(_=None):
            return {}

        before = counters.request_seconds._sum.get()
        await Counted(answer)({"type": "http", "headers": []}, nothing, nothing)
        assert counters.request_seconds._sum.get() > before

    def test_others_need_the_token(self, client, settings):
        assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 403
        settings.METRICS_TOKEN = "secret"
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 403
        answer = client.get("/metrics", headers={"authorization": "Bearer secret"}, REMOTE_ADDR="203.0.113.9")
        assert answer.status_code == 200

    def test_refusals_and_failed_sign_ins_are_counted(self, client):
        before = counters.counts["sign_in_failed"], counters.counts["refused_sign_in_account_address"]
        for _ in range(11):
            client.post("/accounts/sign-in/", {"name": "Nobody1", "password": "x"})
        after = counters.counts["sign_in_failed"], counters.counts["refused_sign_in_account_address"]
        assert (after[0] - before[0], after[1] - before[1]) == (10, 1)


class TestCounted:
    async def ask(self, headers=(), status=200, fails=False):
        seen = {}

        async def application(scope, receive, send):
            seen["id"] = request_id.get()
            if fails:
                raise RuntimeError("broken")
            await send({"type": "http.response.start", "status": status, "headers": []})

        async def send(message):
            seen["headers"] = dict(message["headers"])

        try:
            await Counted(application)({"type": "http", "headers": list(headers)}, None, send)
        except RuntimeError:
            pass
        return seen

    async def test_requests_are_counted_by_status(self):
        before = counters.counts["http_4xx"], counters.counts["http_5xx"]
        await self.ask(status=404)
        await self.ask(fails=True)
        assert (counters.counts["http_4xx"] - before[0], counters.counts["http_5xx"] - before[1]) == (1, 1)

    async def test_each_request_has_an_id_that_it_gives_back(self):
        seen = await self.ask()
        assert seen["headers"][b"x-request-id"].decode() == seen["id"]
        assert (await self.ask())["id"] != seen["id"]

    async def test_a_proxys_id_is_taken_up_if_it_is_sane(self):
        assert (await self.ask([(b"x-request-id", b"abc-123-def")]))["id"] == "abc-123-def"
        for odd in (b"x", b"a b c d e f", b"x" * 100, b"abcdefgh\nfake: line"):
            assert (await self.ask([(b"x-request-id", odd)]))["id"] != odd.decode()


def test_a_json_line_holds_the_request_and_the_traceback():
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RequestId())
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("test.json")
    logger.addHandler(handler)
    token = request_id.set("abc")
    try:
        raise ValueError("odd “text”")
    except ValueError:
        logger.exception("it broke:\n%s", "twice")
    finally:
        request_id.reset(token)
        logger.removeHandler(handler)
    [line] = out.getvalue().splitlines()
    found = json.loads(line)
    assert (found["level"], found["message"], found["request_id"]) == ("ERROR", "it broke:\ntwice", "abc")
    assert "ValueError" in found["traceback"]
    assert "it broke" in counters.errors[-1]


class TestAway:
    @pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
    def test_health_answers_while_sql_is_away(self, client, monkeypatch, path):
        def gone(*_, **__):
            raise OperationalError("unable to open database file at /somewhere/secret")

        flags.forget()
        monkeypatch.setattr(health.connection, "cursor", gone)
        answer = client.get(path)
        assert answer.status_code == (503 if path == "/readyz" else 200)
        assert b"secret" not in answer.content

    def test_a_proxy_on_this_machine_opens_no_metrics(self, client, settings):
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403
        settings.METRICS_TOKEN = "secret"
        headers = {"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer secret"}
        assert client.get("/metrics", headers=headers).status_code == 200

    async def test_a_redis_that_tells_no_settings_still_has_figures(self, monkeypatch):
        from store.client import ResponseError
        from store.nodes.single import Pipeline

        own = Pipeline.execute

        async def refusing(self, raise_on_error=True):
            replies = await own(self, raise_on_error)
            return replies if raise_on_error else [*replies[:2], *[ResponseError("NOPERM")] * 2]

        monkeypatch.setattr(Pipeline, "execute", refusing)
        found = await store_figures.redis()
        assert found["redis_bytes"] > 0
        assert found["redis_loss"] == "not known"

    async def test_who_leaves_before_the_answer_is_no_error(self):
        async def waits(*_):
            await asyncio.sleep(60)

        before = counters.counts["http_5xx"], counters.counts["http_left"]
        task = asyncio.create_task(Counted(waits)({"type": "http", "headers": []}, None, None))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (counters.counts["http_5xx"], counters.counts["http_left"]) == (before[0], before[1] + 1)
