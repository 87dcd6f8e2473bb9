"""What a job would cost and how long it would take, for a request that starts none."""

from dataclasses import dataclass

from maquette.app.estimates import Estimates
from maquette.app.new_jobs import NewJob, check_pictures, with_views
from maquette.app.quotes import Quote, Quotes
from maquette.domain import money
from maquette.domain.jobs import Job
from maquette.domain.money import Budget, Spent, Verdict
from maquette.pipelines.catalog import check_words, find, settle
from maquette.pipelines.inputs import check_inputs
from maquette.ports.clock import Clock
from maquette.ports.stores import Database


@dataclass(frozen=True, slots=True)
class Offer:
    """``seconds`` is None where a stage never ran here. ``verdict`` says whether the budget allows all of it now."""

    quote: Quote
    seconds: float | None
    verdict: Verdict

    @property
    def obstacle(self) -> str:
        """Why the job would have to wait for somebody; empty where it would not."""
        return money.told(self.verdict, self.quote.cost)


class Offers:
    """Blocking: call it from a thread in an event loop."""

    def __init__(self, database: Database, quotes: Quotes, estimates: Estimates, clock: Clock, budget: Budget) -> None:
        self._db = database
        self._quotes = quotes
        self._estimates = estimates
        self._clock = clock
        self._budget = budget

    def ask(self, owner_id: str, new: NewJob) -> Offer:
        """Checks the request as ``Jobs.create`` does, and raises what that would."""
        entry, at = find(new.pipeline), self._clock.now()
        settings = settle(entry, new.settings)
        with self._db.read() as tx:
            inputs, assets = with_views(tx, owner_id, new)
            check_pictures(tx, owner_id, entry, settings)
            today = tx.calls.spent(since=money.day_of(at))
        check_words(entry, settings)
        check_inputs(entry, [(given.view, asset.media_type) for given, asset in zip(inputs, assets, strict=True)])
        quote = self._quotes.of(entry, settings, assets)
        job = Job(id="", owner_id=owner_id, pipeline=new.pipeline, created_at=at, updated_at=at, settings=settings)
        spent = Spent(day=today.cost_usd + today.reserved_usd)
        verdict = money.judge(quote.cost, spent, self._budget.of_job(new.budget_usd))
        return Offer(quote, self._estimates.seconds(job), verdict)
