"""How facts are shared out to bundles."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.rabbit.bundle import MAX_BYTES, MAX_FACTS, bundles, carried, packed, unpacked
from contracts.message import new_id
from storage.outbox import Waiting

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def waiting(seq: int, body: str) -> Waiting:
    """Make up a fact that waits."""
    return Waiting(seq, new_id(), "trial.happened", False, new_id(), body, 0, NOW, None, "trace")


@given(st.lists(st.sampled_from([10, MAX_BYTES // 3, MAX_BYTES, 3 * MAX_BYTES]), max_size=12))
def test_every_fact_travels_once_in_order_and_no_bundle_is_too_large(sizes: list[int]) -> None:
    rows = [waiting(seq, "x" * size) for seq, size in enumerate(sizes)]
    shared = list(bundles(rows))
    assert [row.seq for bundle in shared for row in bundle] == list(range(len(sizes)))
    for bundle in shared:
        assert len(bundle) == 1 or sum(len(row.body) for row in bundle) <= MAX_BYTES


def test_small_facts_travel_by_the_hundred() -> None:
    rows = [waiting(seq, "{}") for seq in range(2 * MAX_FACTS + 1)]
    assert [len(bundle) for bundle in bundles(rows)] == [MAX_FACTS, MAX_FACTS, 1]
    assert list(bundles([])) == []


@given(st.lists(st.text(max_size=40), max_size=5))
def test_what_is_packed_is_unpacked_to_the_letter(bodies: list[str]) -> None:
    facts = [carried(waiting(seq, body)) for seq, body in enumerate(bodies)]
    assert unpacked(packed(facts)) == facts
