"""Runs inside a peer's environment: reads cases as JSON lines, answers each with one JSON line.

Run: PYTHON_OF_THE_PEER serve.py PEER [FOLDER_OF_THE_PEER]
"""

import importlib
import json
import logging
import os
import sys
import time
import warnings

from units import NotModelled, OtherSetting


def main() -> None:
    peer = sys.argv[1]
    if len(sys.argv) > 2:
        sys.path.insert(0, sys.argv[2])
        os.chdir(sys.argv[2])
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a peer prints is not an answer
    adaptor = importlib.import_module(f"with_{peer}")
    print(json.dumps({"version": adaptor.version()}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        start = time.perf_counter()
        try:
            if request["check"]:
                adaptor.check(request["case"], request["setting"])
                answer = {"value": None, "note": ""}
            else:
                value, note = adaptor.predict(request["case"], request["setting"])
                answer = {"value": value, "note": note}
        except OtherSetting:
            answer = {"value": None, "note": "other setting"}
        except NotModelled as error:
            answer = {"value": None, "note": str(error)}
        except Exception as error:  # a peer may raise anything
            answer = {"value": None, "note": f"{type(error).__name__}: {error}"}
        answer["note"] = " ".join(answer["note"].split())[:160]
        answer["seconds"] = time.perf_counter() - start
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
