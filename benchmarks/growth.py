from typing import Any
def run(*a: Any)->Any: ...
def write(results, subject, found, plan):
    import json; print(json.dumps({subject: found}))
