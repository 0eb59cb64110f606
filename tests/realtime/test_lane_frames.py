"""The frame reader against the websockets library: the same bytes, the same messages or failure."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from realtime.lane.frames import (
    BINARY,
    CLOSE,
    PING,
    TEXT,
    FrameReader,
    close_frame,
    frame,
)
from tests.realtime.lanes import masked

pytestmark = pytest.mark.no_database
LIMIT = 1000
CODES = st.sampled_from([1000, 1001, 1004, 1005, 1006, 1012, 1015, 2999, 3000, 4000, 4999, 5000, 0])
CLOSINGS = st.builds(
    lambda code, reason: code.to_bytes(2, "big") + reason, CODES, st.binary(max_size=20)
) | st.binary(max_size=3)
PAYLOADS = (
    st.binary(max_size=140)
    | st.text(max_size=60).map(str.encode)
    | st.integers(0, LIMIT + 30).map(lambda size: b"x" * size)
    | st.sampled_from([b"\xc3", b"\xa4", b"\xed\xa0\x80", "ä".encode()])
)
FRAMES = st.builds(
    lambda opcode, payload, closing, fin, mask, head: masked(
        opcode, closing if opcode == 8 else payload, fin=fin, mask=mask, head=head
    ),
    st.sampled_from([0, 0, 1, 1, 1, 2, 2, 8, 9, 10, 3, 15]),
    PAYLOADS,
    CLOSINGS,
    st.sampled_from([True, True, False]),
    st.binary(min_size=4, max_size=4),
    st.sampled_from([0] * 12 + [0x40, 0x10]),
)
STREAMS = st.lists(FRAMES, max_size=8).map(b"".join)


@st.composite
def mutated(draw):
    """A stream with a few bytes changed, dropped or put in."""
    stream = bytearray(draw(STREAMS))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(stream)))
        stream[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(stream)


def in_pieces(stream, cuts):
    """Return the stream cut at these places."""
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[a:b] for a, b in pairwise(places)]


def read_all(reader, piece):
    """Return what a piece completes, in as many turns as it takes."""
    messages = reader.feed(piece)
    while reader.has_more:
        messages += reader.feed(b"")
    return messages


def read_ours(pieces):
    reader = FrameReader(LIMIT)
    messages = [message for piece in pieces for message in read_all(reader, piece)]
    return messages, reader.failure.code if reader.failure else None


class Oracle:
    """The websockets library, with text checked the way uvicorn does it."""

    def __init__(self):
        self.protocol = ServerProtocol(max_size=LIMIT, state=OPEN)
        self.messages, self.parts, self.opcode = [], [], 0
        self.failure = None

    def feed(self, data):
        if self.failure or (self.messages and self.messages[-1][0] == CLOSE):
            return
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            self.take(event)
            if self.failure:
                return
        if self.protocol.parser_exc is not None:
            self.failure = int(self.protocol.close_sent.code)

    def take(self, event):
        assert isinstance(event, Frame)
        if event.opcode >= Opcode.CLOSE:
            self.messages.append((int(event.opcode), bytes(event.data)))
            return
        if event.opcode != Opcode.CONT:
            self.opcode, self.parts = int(event.opcode), []
        self.parts.append(bytes(event.data))
        if event.fin:
            whole = b"".join(self.parts)
            try:
                whole.decode() if self.opcode == TEXT else None
            except UnicodeDecodeError:
                self.failure = 1007
                return
            self.messages.append((self.opcode, whole))


def read_theirs(pieces, *, ours_failed):
    oracle = Oracle()
    for piece in pieces:
        oracle.feed(piece)
    if ours_failed and oracle.failure is None:  # it refuses some frames only once they are whole
        oracle.feed(bytes(LIMIT + 20))
    return oracle.messages, oracle.failure


@settings(max_examples=600, deadline=None)
@given(STREAMS | mutated(), st.lists(st.integers(0, 10_000), max_size=12))
def test_any_stream_in_any_pieces_reads_as_the_library_reads_it(stream, cuts):
    pieces = in_pieces(stream, cuts)
    ours = read_ours(pieces)
    assert ours == read_theirs(pieces, ours_failed=ours[1] is not None)


@given(STREAMS)
def test_a_stream_byte_by_byte_reads_as_in_one_piece(stream):
    assert read_ours([stream[i : i + 1] for i in range(len(stream))]) == read_ours([stream])


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 100_000])
def test_lengths_of_all_three_kinds_come_through_both_ways(size):
    payload = b"x" * size
    reader = FrameReader(8_000_000)
    assert reader.feed(masked(BINARY, payload)) == [(BINARY, payload)]
    theirs = bytearray(frame(BINARY, payload))
    expected = Frame(Opcode.BINARY, payload).serialize(mask=False)
    assert bytes(theirs) == expected


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (masked(TEXT, b"\xff"), 1007),
        (masked(TEXT, b"\xc3", fin=False) + masked(0, b"\xff"), 1007),
        (masked(TEXT, b"x" * 1001), 1009),
        (masked(TEXT, b"x" * 900, fin=False) + masked(0, b"x" * 101), 1009),
        (frame(TEXT, b"unmasked"), 1002),
        (masked(TEXT, b"x", head=0x40), 1002),
        (masked(0, b"nothing to continue"), 1002),
        (masked(TEXT, b"x", fin=False) + masked(TEXT, b"x"), 1002),
        (masked(PING, b"x" * 126), 1002),
        (masked(PING, b"x", fin=False), 1002),
        (masked(CLOSE, b"x"), 1002),
        (masked(CLOSE, (1005).to_bytes(2, "big")), 1002),
        (masked(CLOSE, b"\x03\xe8\xff"), 1007),
        (masked(3, b""), 1002),
    ],
)
def test_what_breaks_the_protocol_names_its_code_and_what_came_before_counts(stream, code):
    assert read_ours([masked(TEXT, b"first") + stream]) == ([(TEXT, b"first")], code)


def test_text_cut_inside_a_letter_is_whole_again():
    stream = masked(TEXT, b"a\xc3", fin=False) + masked(PING, b"p") + masked(0, b"\xa4")
    assert read_ours([stream]) == ([(PING, b"p"), (TEXT, "aä".encode())], None)


def test_a_close_frame_is_the_last_one():
    stream = masked(CLOSE, b"\x03\xe8bye") + masked(TEXT, b"late")
    assert read_ours([stream, stream]) == ([(CLOSE, b"\x03\xe8bye")], None)
    assert close_frame(1000, "bye") == frame(CLOSE, b"\x03\xe8bye")


def test_a_big_message_in_small_pieces_costs_no_more_than_its_size():
    reader = FrameReader(8_000_000)
    stream = masked(BINARY, b"x" * 4_000_000, mask=bytes(4))
    pieces = [stream[i : i + 500] for i in range(0, len(stream), 500)]
    messages = [message for piece in pieces for message in reader.feed(piece)]
    assert messages == [(BINARY, b"x" * 4_000_000)]


def test_fragments_of_nothing_cost_nothing():
    reader = FrameReader(LIMIT)
    reader.feed(masked(TEXT, b"a", fin=False))
    empty = masked(0, b"", fin=False) * 1000
    before = len(reader._parts)
    for _ in range(100):
        assert read_all(reader, empty) == []
    assert len(reader._parts) == before
    assert reader.feed(masked(0, b"b")) == [(TEXT, b"ab")]


def test_many_frames_in_one_piece_are_read_in_turns():
    reader = FrameReader(LIMIT)
    stream = masked(TEXT, b"a") * 100 + masked(TEXT, b"b")[:-1]
    turns = [reader.feed(stream)]
    while reader.has_more:
        turns.append(reader.feed(b""))
    assert [len(turn) for turn in turns] == [32, 32, 32, 4]
    assert reader.feed(masked(TEXT, b"b")[-1:]) == [(TEXT, b"b")]
    assert reader.feed(masked(0, b"", fin=False)) == []
    assert reader.failure.code == 1002


def test_another_size_counts_at_once_for_what_is_unfinished_too():
    reader = FrameReader(LIMIT)
    reader.feed(masked(TEXT, b"a" * 900, fin=False))
    reader.allow(2000)
    assert reader.feed(masked(0, b"a" * 1100)) == [(TEXT, b"a" * 2000)]
    reader.feed(masked(TEXT, b"a" * 1500)[:-1])
    reader.allow(1500)
    assert reader.feed(masked(TEXT, b"a" * 1500)[-1:]) == [(TEXT, b"a" * 1500)]
    assert reader.feed(masked(TEXT, b"a" * 1501)) == []
    assert reader.failure.code == 1009


@pytest.mark.parametrize("fin", [True, False])
def test_what_is_unfinished_and_too_large_now_is_dropped(fin):
    reader = FrameReader(LIMIT)
    reader.feed(masked(TEXT, b"a" * 900, fin=fin)[: None if not fin else -1])
    reader.allow(500)
    assert (reader._buffer, reader._parts, reader.is_done) == (None, None, True)
    assert reader.feed(masked(TEXT, b"a")) == []
