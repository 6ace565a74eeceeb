"""An application inside a wrapper of the server's own, where that is how the server is told a setting.

    ASSAY_WRAPPED             module:attribute of the application
    ASSAY_WRAPPER             module:attribute of what is called with it
    ASSAY_WRAPPER_ARGUMENTS   JSON object of keyword arguments
"""

import importlib
import json
import os


def _named(variable):
    module, _, attribute = os.environ[variable].partition(":")
    return getattr(importlib.import_module(module), attribute)


app = _named("ASSAY_WRAPPER")(
    _named("ASSAY_WRAPPED"), **json.loads(os.environ["ASSAY_WRAPPER_ARGUMENTS"])
)
