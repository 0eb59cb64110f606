"""The door of the sockets: whatever comes, the answer is plain and the process lives."""

import json
from datetime import timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from socketio.packet import ACK, CONNECT, DISCONNECT, EVENT
from sqlalchemy import func, select

from app import clock
from app.config import Settings
from app.db import reading
from app.errors import ForbiddenError, NotFoundError, TooManyError
from app.tracking.errors import GapError
from app.tracking.models import Act, ActKind
from app.tracking.shapes import MAX_DETAILS_BYTES, Batch, SentAct
from realtime.guard import TextPacket, accepts, explain
from realtime.messages import Nothing
from realtime.server import allowed_origins
from realtime.visitors import Visitors
from tests.visiting import act, new_visit, served_page

no_database = pytest.mark.no_database
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "seq": st.integers() | PLAIN,
        "kind": st.sampled_from([*ActKind]) | PLAIN,
        "name": st.from_regex("[a-z.]{1,70}", fullmatch=True) | PLAIN,
        "module": st.text(max_size=70),
        "target": st.text(max_size=210),
        "details": JSON,
        "at": st.datetimes().map(lambda at: f"{at.isoformat()}Z") | PLAIN,
        "other": JSON,
    },
)


@no_database
@given(NEARLY | JSON)
async def test_any_json_is_an_act_that_can_be_stored_or_is_malformed(message):
    try:
        taken = SentAct.model_validate(message)
    except ValidationError:
        return
    stored = json.dumps(taken.details, allow_nan=False, ensure_ascii=False).encode()
    assert len(stored) <= MAX_DETAILS_BYTES
    assert b"\\u0000" not in stored
    assert len(taken.name) <= 60
    assert len(taken.module) <= 60
    assert len(taken.target.encode()) <= 800
    assert taken.seq >= 1


@no_database
@given(JSON)
async def test_any_json_is_a_batch_or_is_malformed(message):
    class Room:
        @accepts(Batch, who="visitor")
        async def on_acts(self, _sid, _batch):
            return {"last": 0}

    answer = await Room().on_acts("sid", message)
    assert answer in ({"ok": True, "last": 0}, {"ok": False, "error": "malformed"})


@no_database
@given(st.text() | st.binary() | st.from_regex(r"[0-9]{1,3}-?(/visitors,)?[0-9]{0,4}[\[{\"].*"))
async def test_any_frame_is_read_or_becomes_a_refused_event(frame):
    packet = TextPacket(encoded_packet=frame)
    assert packet.attachment_count == 0
    assert packet.packet_type in {CONNECT, DISCONNECT, EVENT, ACK}
    assert packet.packet_type != EVENT or isinstance(packet.data[0], str)


@no_database
async def test_deep_and_binary_frames_become_a_refused_event():
    binary = '51-["acts",{"_placeholder":true,"num":0}]'
    for frame in ("2" + "[" * 100_000, binary, "60-[]", b"\x00\x01", "2{}", "", "9"):
        packet = TextPacket(encoded_packet=frame)
        assert (packet.packet_type, packet.data) == (EVENT, ["malformed"])


@no_database
async def test_refusals_are_told_by_their_code_and_bugs_tell_nothing():
    assert explain(NotFoundError(), "x") == {"error": "not_found"}
    assert explain(ForbiddenError("no"), "x") == {"error": "forbidden"}
    assert explain(GapError(7), "x") == {"error": "gap", "last": 7}
    slow = explain(TooManyError("slower", retry_after_s=2), "x")
    assert slow == {"error": "slow-down", "retry_ms": 2000}
    assert explain(RuntimeError("password=secret"), "x") == {"error": "internal"}


@no_database
async def test_an_event_says_who_may_call_it():
    class Room:
        @accepts(Nothing, who="visitor")
        async def on_here(self, _sid, _message):
            return {}

    assert Room.on_here.who == "visitor"
    assert await Room().on_here("sid") == {"ok": True}
    assert await Room().on_here("sid", {"a": 1}) == {"ok": False, "error": "malformed"}
    assert await Room().on_here("sid", {}, {}) == {"ok": False, "error": "malformed"}
    undeclared = [
        name
        for name, member in vars(Visitors).items()
        if name.startswith("on_") and name != "on_disconnect" and not hasattr(member, "who")
    ]
    assert undeclared == []


@no_database
async def test_loopback_goes_by_all_its_names_and_nothing_else_does():
    local = allowed_origins(Settings(port=8123, secret_key="x"))
    assert local == ["http://127.0.0.1:8123", "http://localhost:8123", "http://[::1]:8123"]
    public = Settings(
        base_url="https://sell.example/", allowed_origins=["https://own.example"], secret_key="x"
    )
    assert allowed_origins(public) == ["https://sell.example", "https://own.example"]


async def test_garbage_frames_leave_the_server_and_the_socket_alive(url):
    claims, visit_id = await served_page(), new_visit()
    auth = json.dumps({"page": claims.seal(), "visit": str(visit_id)})
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket") as socket,
    ):
        await socket.receive_str()
        await socket.send_str(f"40/visitors,{auth}")
        assert (await socket.receive_str()).startswith("40/visitors,")
        for garbage in (
            "4", "42", "42/visitors,", "42/visitors,[]", "42/visitors,{}", "42/visitors,[1]",
            "42/visitors,7[null,{}]", "49", "4" + "2" * 200, "42/visitors,[" + "[" * 50_000,
            '42/visitors,["acts"', '452-/visitors,["acts",{"_placeholder":true,"num":9}]',
            '42/nowhere,["acts"]', "43/visitors,99[]", "40/visitors,{}",
        ):  # fmt: skip
            await socket.send_str(garbage)
        message = json.dumps(["acts", {"acts": [act(1)]}])
        await socket.send_str(f"42/visitors,1{message}")
        answers = []
        while not answers or not answers[-1].startswith("43/visitors,1["):
            answers.append(await socket.receive_str(timeout=5))
    assert json.loads(answers[-1].removeprefix("43/visitors,1")) == [
        {"ok": True, "last": 1, "problems": {}}
    ]
    async with reading() as db:
        assert await db.scalar(select(func.count()).select_from(Act)) == 1


@pytest.mark.parametrize("message", [{"acts": "x" * 1_050_000}, {"acts": [b"binary"]}, b"binary"])
async def test_what_is_too_large_or_binary_is_refused_and_the_connection_lives(browse, message):
    browser = await browse(await served_page(), new_visit())
    assert await browser.call("acts", message) == {"ok": False, "error": "malformed"}
    assert (await browser.send(act(1)))["ok"]


async def test_an_oversized_frame_closes_only_its_own_socket(url, browse):
    claims = await served_page()
    other = await browse(claims, new_visit())
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket") as socket,
    ):
        await socket.receive_str()
        await socket.send_str("4" + "x" * 1_200_000)
        closed = await socket.receive(timeout=5)
        assert closed.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    assert (await other.send(act(1, at=(clock.now() - timedelta(days=1)).isoformat())))["ok"]
