"""The job engine's records of ended work go after their time; those of open work stay."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maquette.adapters.dbos.retention import DbosArchive
from maquette.domain.states import Status
