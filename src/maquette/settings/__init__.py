"""Every setting with its default, and the only code that reads the environment.

Where a value comes from, first match wins: a flag of the command line, ``MAQUETTE_<NAME>`` in the environment, the
TOML file (``--config``, else ``MAQUETTE_CONFIG``, else ``config.toml`` in the user's configuration folder), a name
that other programs use (``settings.usual``), the default below. What lies in a table is spelt with double underscores:
``MAQUETTE_ENGINES__MESHY__KEY``.
"""

from maquette.settings.fields import EVERYWHERE, PREFIX, LogFormat, LogLevel, Settings, check_origin, is_loopback
from maquette.settings.loading import config_path, load, unknown_variables
from maquette.settings.tables import BudgetTable, EngineTable, PreferTable, PriceTable
from maquette.settings.usual import unneeded

__all__ = [
    "EVERYWHERE",
    "PREFIX",
    "BudgetTable",
    "EngineTable",
    "LogFormat",
    "LogLevel",
    "PreferTable",
    "PriceTable",
    "Settings",
    "check_origin",
    "config_path",
    "is_loopback",
    "load",
    "unknown_variables",
    "unneeded",
]
