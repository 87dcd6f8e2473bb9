"""The tables of the settings: hosted engines, what they cost, what may be spent."""

import re
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from maquette.ports.engines import Capability

NAME = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
"""Names of engines and prices: such as an environment variable can spell them between its double underscores."""
_BASE = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")

EngineName = Annotated[str, StringConstraints(pattern=f"^{NAME}$", max_length=40)]
AnyEngine = Annotated[str, StringConstraints(pattern=r"^[^\s,]+$", max_length=80)]
Usd = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=7 * 86_400, allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EngineTable(_Table):
    """One hosted engine: ``[engines.NAME]``. What is left out, the adapter knows."""

    adapter: str = Field(default="", description="The adapter that speaks with it; by default the one called NAME.")
    base_url: str = Field(default="", description="Where it is, if not at the provider's public address.")
    key: SecretStr = Field(default=SecretStr(""), description="The provider's key. Set it in the environment.")
    model: str = Field(default="", description="Which of the provider's models; empty for the adapter's default.")
    capability: Capability | None = Field(
        default=None, description="Which of an adapter's capabilities it serves, where the adapter has several."
    )
    licence: str = Field(default="", description="Under which terms its results come, if not as the adapter says.")
    commercial_use: bool | None = Field(default=None, description="Whether its results may be sold, likewise.")
    is_test: bool = Field(default=False, description="Its results are simulated: they carry that mark.")
    rank: int = Field(default=0, ge=-1000, le=1000, description="The highest of those that are ready is chosen.")
    max_parallel: int | None = Field(default=None, ge=1, le=1000, description="Commissions open at a time, at most.")
    queue_s: Seconds | None = Field(default=None, description="Longest wait for its start, in seconds.")
    run_s: Seconds | None = Field(default=None, description="Longest time at work.")
    stall_s: Seconds | None = Field(default=None, description="Longest time without any change.")
    total_s: Seconds | None = Field(default=None, description="Longest time in all.")
    webhook_secret: SecretStr = Field(default=SecretStr(""), description="What its calls back are signed with.")
    more: dict[str, Any] = Field(default_factory=dict, description="What only its adapter knows.")

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.base_url and not _BASE.fullmatch(self.base_url):
            raise ValueError("base_url must be an address of the form https://host or http://host:port.")
        return self


class PriceTable(_Table):
    """What one unit of an engine cost when somebody last looked: ``[prices.NAME]``."""

    at: date = Field(description="The day on which the price was read.")
    unit: str = Field(min_length=1, description="The unit that the provider charges in, such as `credit`.")
    usd: Usd = Field(description="US dollars for one of them.")


class BudgetTable(_Table):
    """What may be spent at most, in US dollars: ``[budget]``. None sets no limit."""

    job_usd: Usd | None = Field(default=None, description="By one job, unless it brings a lower budget of its own.")
    batch_usd: Usd | None = Field(default=None, description="By all jobs of one batch.")
    day_usd: Usd | None = Field(default=None, description="By everybody from 00:00 to 24:00 UTC.")


class PreferTable(_Table):
    """Which engines are tried, in this order: ``[prefer]``."""

    cutter: tuple[AnyEngine, ...] = Field(default=(), description="To remove backgrounds.")
    mesher: tuple[AnyEngine, ...] = Field(default=(), description="To make models.")
    editor: tuple[AnyEngine, ...] = Field(default=(), description="To make and change pictures.")
    remesher: tuple[AnyEngine, ...] = Field(default=(), description="To reduce models.")
    transcriber: tuple[AnyEngine, ...] = Field(default=(), description="To write down speech.")
