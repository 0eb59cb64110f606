"""Acts from browser to database, visits and their summaries, consent and whose acts they were."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import bus, tokens
from app.db import reading, transaction
from app.errors import NotFoundError
from app.jobs.models import Job
from app.prospects.models import TimelineEntry
from app.sites.links import revoke_links
from app.sites.models import Answer, Site, SiteBrowser, SiteVersion
from app.tracking.commands import link_visitor, record_acts
from app.tracking.errors import (
    GapError,
    NoConsentError,
    NotTrackedError,
    SlowDownError,
    VisitOverError,
)
from app.tracking.intake import open_visit, take_acts, take_post
from app.tracking.jobs import propose_version
from app.tracking.models import Act, Consent, Visit, Visitor
from app.tracking.queries import get_first_interests, get_history, list_acts
from app.tracking.rate import Bucket
from app.tracking.sweeper import end_silent_visits, forget_old_visits
from app.tracking.visits import (
    Opening,
    begin_or_resume,
    end_overdue_visit,
    end_visit,
    list_overdue,
    note_away,
)
from tests.make import make_campaign, make_prospect
from tests.visiting import (
    NOW,
    act,
    answer,
    make_campaign_page,
    make_page,
    new_visit,
    say,
    sent,
    served_page,
)

LATER = NOW + timedelta(seconds=10)


async def begin(claims, now=NOW):
    visit_id = new_visit()
    await open_visit(Opening(visit_id, claims, "Firefox on Linux"), now=now)
    return visit_id


async def store(visit_id, claims, *acts, now=NOW):
    return await take_acts(sent(*acts), visit_id=visit_id, claims=claims, now=now)


async def load(model, *where):
    async with reading() as db:
        return (await db.scalars(select(model).where(*where))).all()


async def count(model):
    async with reading() as db:
        return await db.scalar(select(func.count()).select_from(model))


async def leave_and_end(visit_id, *, at):
    async with transaction() as db:
        await note_away(db, visit_id, now=at)
        assert await end_visit(db, visit_id, now=at + timedelta(seconds=6))


@pytest.fixture
def heard():
    facts = []

    def hear(announcement):
        facts.append(announcement)

    bus.listen(hear)
    return facts


async def test_acts_are_stored_once_and_in_order():
    claims = await served_page()
    visit_id = await begin(claims)
    receipt = await store(visit_id, claims, act(1, "opened"), act(2))
    assert receipt.last == 2
    again = await store(visit_id, claims, act(1, "opened"), act(2), act(3))
    assert again.last == 3
    async with reading() as db:
        acts = await list_acts(db, visit_id)
    assert [(each.seq, each.kind) for each in acts] == [
        (1, "opened"),
        (2, "clicked"),
        (3, "clicked"),
    ]
    assert acts[1].text == "Clicked “Prices”"


async def test_a_gap_is_refused_and_nothing_of_it_stored():
    claims = await served_page()
    visit_id = await begin(claims)
    await store(visit_id, claims, act(1))
    with pytest.raises(GapError) as refusal:
        await store(visit_id, claims, act(3), act(4))
    assert refusal.value.facts == {"last": 1}
    with pytest.raises(GapError):
        await store(visit_id, claims, act(2), act(4))
    assert await count(Act) == 1


async def test_an_act_for_somebody_elses_visit_finds_nothing():
    claims, stranger = await served_page(), await served_page()
    visit_id = await begin(claims)
    with pytest.raises(NotFoundError) as foreign:
        await store(visit_id, stranger, act(1))
    with pytest.raises(NotFoundError) as missing:
        await store(new_visit(), stranger, act(1))
    assert str(foreign.value) == str(missing.value)
    with pytest.raises(NotFoundError):
        await open_visit(Opening(visit_id, stranger, ""), now=NOW)
    assert await count(Act) == 0


async def test_kinds_the_campaign_did_not_choose_are_refused():
    claims = await served_page(kinds=("clicked",))
    visit_id = await begin(claims)
    with pytest.raises(NotTrackedError):
        await store(visit_id, claims, act(1), act(2, "scrolled", details={"depth": 50}))
    assert await count(Act) == 0


async def test_a_repeat_click_is_known_across_visits_and_devices():
    async with transaction() as db:
        prospect = await make_prospect(db)
        first = await make_page(db, prospect=prospect)
    visit_id = await begin(first)
    await store(visit_id, first, act(1, target="/price"), act(2, target="/price"), act(3))
    async with transaction() as db:
        second = first.model_copy(
            update={"browser_id": (await make_page(db, prospect=prospect)).browser_id}
        )
        browser = await db.get_one(SiteBrowser, second.browser_id)
        browser.site_id = first.site_id
    other = await begin(second)
    await store(other, second, act(1, target="/price"), act(2, target="/new"))
    acts = await load(Act)
    assert [each.is_repeat for each in acts] == [False, True, False, True, False]


async def test_an_answer_is_saved_with_its_act_and_an_older_one_never_comes_back():
    claims = await served_page()
    visit_id = await begin(claims)
    first = answer(1, "goals", ("own", "Fewer meetings"))
    receipt = await store(visit_id, claims, first, answer(2, "goals", ("own", "Shorter meetings")))
    assert receipt.problems == {}
    await store(visit_id, claims, first)
    (kept,) = await load(Answer, Answer.site_id == claims.site_id)
    assert kept.answers["own"] == "Shorter meetings"
    acts = await load(Act)
    assert [each.text for each in acts] == ["Wants: “Fewer meetings”", "Wants: “Shorter meetings”"]


async def test_an_answer_with_problems_is_told_and_not_kept():
    claims = await served_page()
    visit_id = await begin(claims)
    receipt = await store(visit_id, claims, answer(1, "goals", ("chosen", "no-such-option")))
    assert list(receipt.problems) == ["1"]
    assert receipt.last == 1
    assert await count(Answer) == 0


async def test_a_failure_leaves_neither_answer_nor_act():
    claims = await served_page()
    visit_id = await begin(claims)

    async def store_on_a_full_disk():
        async with transaction() as db:
            acts = sent(answer(1, "goals", ("own", "Less")))
            await record_acts(db, acts, visit_id=visit_id, claims=claims, now=NOW)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        await store_on_a_full_disk()
    assert (await count(Answer), await count(Act)) == (0, 0)


async def test_consoles_hear_which_acts_are_new(heard):
    claims = await served_page()
    visit_id = await begin(claims)
    await store(visit_id, claims, act(1), act(2))
    await store(visit_id, claims, act(2))
    names = [each.name for each in heard if each.name.startswith("visit")]
    assert names == ["visit-began", "visit-acted"]
    acted = next(each for each in heard if each.name == "visit-acted")
    assert acted.facts == {"from_seq": 1, "to_seq": 2}
    assert (acted.subject, acted.prospect_id) == (visit_id, claims.prospect_id)


async def test_a_clock_that_is_far_off_is_told_ours():
    claims = await served_page()
    visit_id = await begin(claims)
    await store(visit_id, claims, act(1, at="1970-01-01T00:00:00Z"), now=NOW)
    await store(visit_id, claims, act(2, at="9999-12-31T23:59:59-12:00"), now=NOW)
    assert {each.happened_at for each in await load(Act)} == {NOW}


async def test_nothing_begins_without_a_yes():
    claims = await served_page(consents=False)
    with pytest.raises(NoConsentError):
        await begin(claims)
    async with transaction() as db:
        await say(db, claims, is_yes=False)
    with pytest.raises(NoConsentError):
        await begin(claims)
    async with transaction() as db:
        anonymous = await make_campaign_page(db, consents=False)
    with pytest.raises(NoConsentError):
        await begin(anonymous)
    assert (await count(Visit), await count(Visitor)) == (0, 0)


async def test_a_yes_taken_back_ends_the_visit_and_is_shown_to_the_rep(heard):
    claims = await served_page()
    visit_id = await begin(claims)
    await store(visit_id, claims, act(1))
    async with transaction() as db:
        await say(db, claims, is_yes=False, how="footer", now=LATER)
    with pytest.raises(VisitOverError):
        await store(visit_id, claims, act(2))
    (visit,) = await load(Visit)
    assert visit.ended_at == LATER
    assert visit.summary["is_withdrawn"] is True
    assert {"visit-ended", "consent-withdrawn"} <= {each.name for each in heard}
    assert [each.is_yes for each in await load(Consent)] == [True, False]
    told = [each.title for each in await load(TimelineEntry, TimelineEntry.kind == "consent")]
    assert told == ["Agreed that visits are seen live", "Does not want visits to be seen"]


async def test_a_colleagues_choice_is_never_the_prospects():
    claims = await served_page(is_staff=True)
    (consent,) = await load(Consent)
    assert consent.prospect_id is None
    assert consent.browser_id == claims.browser_id
    assert await load(TimelineEntry, TimelineEntry.kind == "consent") == []


async def test_a_closed_way_in_lets_no_visit_begin():
    claims = await served_page()
    async with transaction() as db:
        await revoke_links(db, site=await db.get_one(Site, claims.site_id), now=NOW)
    with pytest.raises(NotFoundError):
        await begin(claims)


async def test_a_reload_resumes_the_visit_within_the_grace(heard):
    claims = await served_page()
    visit_id = await begin(claims)
    await store(visit_id, claims, act(1, "opened"), act(2, "left"))
    assert await end_silent_visits(NOW + timedelta(seconds=4)) == 0
    last = await open_visit(Opening(visit_id, claims, ""), now=NOW + timedelta(seconds=4))
    assert last == 2
    states = [each.facts["state"] for each in heard if each.name == "visit-presence"]
    assert states == ["away", "here"]
    assert await end_silent_visits(NOW + timedelta(seconds=12)) == 0


async def test_a_line_lost_without_a_word_is_no_farewell():
    claims = await served_page()
    visit_id = await begin(claims)
    await store(visit_id, claims, act(1, "opened"))
    async with transaction() as db:
        await note_away(db, visit_id, now=NOW)
    assert await end_silent_visits(NOW + timedelta(seconds=29)) == 0
    assert await open_visit(Opening(visit_id, claims, ""), now=NOW + timedelta(seconds=29)) == 1
    assert await end_silent_visits(NOW + timedelta(seconds=31)) == 0


async def test_a_page_that_closes_is_away_at_once_where_leaving_is_not_tracked(heard):
    claims = await served_page(kinds=("opened",))
    visit_id = await begin(claims)
    async with transaction() as db:
        await note_away(db, visit_id, now=NOW)
    opening = Opening(visit_id, claims, "")
    await take_post(sent(act(1, "opened")), opening, is_leaving=True, now=NOW)
    (visit,) = await load(Visit)
    assert visit.away_at == NOW
    assert heard[-1].facts.get("state", "away") == "away"


async def test_a_visit_that_was_left_is_summarised_on_the_timeline():
    claims = await served_page()
    visit_id = await begin(claims)
    look = {"module": "goals", "target": "goals", "details": {"label": "Your goals"}}
    await store(
        visit_id,
        claims,
        act(1, "opened"),
        act(2, "moved", name="module.seen", **look),
        answer(3, "goals", ("own", "Fewer meetings")),
        act(4),
    )
    await leave_and_end(visit_id, at=NOW + timedelta(minutes=4))
    (visit,) = await load(Visit)
    assert visit.ended_at == NOW + timedelta(minutes=4)
    assert visit.summary == {
        "seconds": 240,
        "acts": 4,
        "clicks": 1,
        "path": ["Your goals"],
        "answers": [["goals", "Wants: “Fewer meetings”"]],
        "new": [],
        "is_first": True,
        "is_withdrawn": False,
    }
    (entry,) = await load(TimelineEntry, TimelineEntry.kind == "visit")
    assert entry.title == "Visited the personal site for 4 min: 1 answer, 1 click"
    assert entry.link == f"/console/visits/{visit_id}"
    (job,) = await load(Job, Job.kind == "next-version")
    assert job.payload["site_id"] == str(claims.site_id)


async def test_the_next_summary_says_what_is_new():
    claims = await served_page()
    for said, page in (("Fewer meetings", "Goals"), ("Better meetings", "Problems")):
        visit_id = await begin(claims, now=NOW if page == "Goals" else LATER)
        look = {"module": page, "target": page, "details": {"label": page}}
        await store(
            visit_id, claims, act(1, "moved", **look), answer(2, "goals", ("own", said)), now=LATER
        )
        await leave_and_end(visit_id, at=LATER)
    visit = next(each for each in await load(Visit) if not each.summary["is_first"])
    assert visit.summary["new"] == ["First look at Problems", "Wants: “Better meetings”"]


async def test_a_silent_visit_ends_by_itself_and_its_browser_is_told_what_was_stored():
    claims = await served_page()
    visit_id = await begin(claims)
    await store(visit_id, claims, act(1), act(2))
    async with transaction() as db:
        assert (await record_acts(db, [], visit_id=visit_id, claims=claims, now=LATER)).last == 2
    assert await end_silent_visits(NOW + timedelta(seconds=39)) == 0
    assert await end_silent_visits(NOW + timedelta(seconds=41)) == 1
    assert await end_silent_visits(NOW + timedelta(seconds=42)) == 0
    (visit,) = await load(Visit)
    assert visit.ended_at == LATER
    with pytest.raises(VisitOverError) as over:
        await open_visit(Opening(visit_id, claims, ""), now=NOW + timedelta(minutes=1))
    assert over.value.facts == {"last": 2}


async def test_a_visitor_heard_of_after_the_sweep_looked_is_not_swept_away():
    claims = await served_page()
    visit_id = await begin(claims)
    late = NOW + timedelta(seconds=31)
    async with transaction() as db:
        assert await list_overdue(db, now=late) == [visit_id]
        await record_acts(db, [], visit_id=visit_id, claims=claims, now=late)
        assert not await end_overdue_visit(db, visit_id, now=late)
        assert await end_overdue_visit(db, visit_id, now=late + timedelta(seconds=30))


async def test_visits_of_a_server_that_died_end_after_the_restart():
    claims = await served_page()
    for _ in range(3):
        await store(await begin(claims), claims, act(1))
    assert await end_silent_visits(NOW + timedelta(days=2)) == 3
    assert {each.ended_at for each in await load(Visit)} == {NOW}


async def test_colleagues_visits_are_marked_and_never_counted():
    async with transaction() as db:
        prospect = await make_prospect(db)
        claims = await make_page(db, prospect=prospect, is_staff=True)
    visit_id = await begin(claims)
    await store(
        visit_id, claims, answer(1, "goals", ("own", "Just looking")), act(2, module="goals")
    )
    await leave_and_end(visit_id, at=LATER)
    (visit,) = await load(Visit)
    assert visit.is_staff
    assert visit.summary["acts"] == 2
    assert await load(TimelineEntry, TimelineEntry.kind == "visit") == []
    assert await load(Job, Job.kind == "next-version") == []
    assert await count(Answer) == 0
    (browser,) = await load(SiteBrowser)
    assert browser.staff_answers["goals"]["own"] == "Just looking"
    async with reading() as db:
        history = await get_history(db, site_id=claims.site_id)
    assert (history.visits, dict(history.interests), dict(history.answers)) == (0, {}, {})


async def test_history_counts_visits_interests_and_answers():
    claims = await served_page()
    visit_id = await begin(claims)
    await store(
        visit_id,
        claims,
        act(1, module="roi"),
        act(2, module="roi"),
        act(3, "moved", module="goals"),
        act(4, "scrolled", details={"depth": 50}),
        answer(5, "goals", ("own", "Fewer meetings")),
    )
    async with reading() as db:
        history = await get_history(db, site_id=claims.site_id)
    assert history.visits == 1
    assert dict(history.interests) == {"roi": 2, "goals": 1}
    assert history.answers["goals"]["own"] == "Fewer meetings"


async def test_a_visit_leads_to_a_next_version_once():
    claims = await served_page()
    visit_id = await begin(claims)
    await store(visit_id, claims, answer(1, "goals", ("own", "Fewer meetings")))
    payload = {"site_id": str(claims.site_id)}
    await propose_version(payload, LATER)
    versions = len(await load(SiteVersion))
    await propose_version(payload, LATER)
    assert versions == 2
    assert await count(SiteVersion) == 2


async def anonymous_visit(campaign):
    async with transaction() as db:
        page = await make_campaign_page(db, campaign=campaign, consents=False)
        chosen = await say(db, page, is_yes=True)
    visit_id = await begin(chosen.claims)
    await store(visit_id, chosen.claims, act(1, module="roi"), act(2))
    return chosen, visit_id


async def test_a_lead_brings_its_own_first_acts_and_nobody_elses():
    async with transaction() as db:
        campaign = await make_campaign(db)
        prospect = await make_prospect(db)
    chosen, visit_id = await anonymous_visit(campaign)
    _, strangers = await anonymous_visit(campaign)
    await leave_and_end(visit_id, at=LATER)
    assert await load(TimelineEntry, TimelineEntry.kind == "visit") == []
    digest = tokens.digest(chosen.visitor_token)
    async with transaction() as db:
        visitor_id = await link_visitor(
            db, visitor_digest=digest, prospect_id=prospect.id, now=LATER
        )
        assert await get_first_interests(db, visitor_id=visitor_id) == {"roi": 1}
    whose = {each.id: each.prospect_id for each in await load(Visit)}
    assert whose == {visit_id: prospect.id, strangers: None}
    assert len(await load(TimelineEntry, TimelineEntry.kind == "visit")) == 1


async def test_a_shared_computer_does_not_mix_two_people():
    async with transaction() as db:
        campaign = await make_campaign(db)
        ada, grace = await make_prospect(db), await make_prospect(db)
    chosen, visit_id = await anonymous_visit(campaign)
    digest = tokens.digest(chosen.visitor_token)
    for prospect in (ada, grace):
        async with transaction() as db:
            await link_visitor(db, visitor_digest=digest, prospect_id=prospect.id, now=LATER)
    (visit,) = await load(Visit)
    assert (visit.id, visit.prospect_id) == (visit_id, ada.id)
    async with transaction() as db:
        unknown = await link_visitor(db, visitor_digest="0" * 64, prospect_id=ada.id, now=LATER)
    assert unknown is None


async def test_a_post_begins_a_visit_and_stores_at_once():
    claims = await served_page()
    opening = Opening(new_visit(), claims, "Safari on iPhone")
    assert (await take_post(sent(act(1), act(2)), opening, now=NOW)).last == 2
    assert (await take_post(sent(act(2), act(3, "left")), opening, now=LATER)).last == 3
    (visit,) = await load(Visit)
    assert (visit.device, visit.away_at) == ("Safari on iPhone", LATER)


async def test_visits_are_forgotten_when_the_promise_says_so():
    claims = await served_page()
    visit_id = await begin(claims)
    await store(visit_id, claims, act(1))
    await leave_and_end(visit_id, at=LATER)
    assert await forget_old_visits(NOW + timedelta(days=300)) == 0
    assert await forget_old_visits(NOW + timedelta(days=366)) == 1
    assert (await count(Visit), await count(Act)) == (0, 0)
    assert len(await load(TimelineEntry, TimelineEntry.kind == "visit")) == 1


async def test_two_openings_of_one_visit_are_one_visit():
    claims = await served_page()
    visit_id = new_visit()
    for _ in range(2):
        async with transaction() as db:
            await begin_or_resume(db, Opening(visit_id, claims, ""), now=NOW)
    assert await count(Visit) == 1


@pytest.mark.no_database
async def test_the_bucket_allows_a_burst_then_fifty_a_second():
    bucket = Bucket(0.0)
    bucket.take(200, at=0.0)
    with pytest.raises(SlowDownError) as slow:
        bucket.take(10, at=0.0)
    assert slow.value.facts == {"retry_ms": 200}
    bucket.take(10, at=0.2)
    with pytest.raises(SlowDownError):
        bucket.take(51, at=1.2)
    bucket.take(50, at=1.2)
