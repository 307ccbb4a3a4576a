"""Start Spark and end it: on this machine, on a standalone cluster, or as a client of Spark Connect."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
import tempfile
import threading
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from workbench.engine import similarity
from workbench.errors import WorkbenchError

NAME = re.compile(r"local(\[(?P<threads>\d+|\*)\])?|(?P<kind>spark|sc)://(?P<host>[^:/;\s]+)\S*")
SIZE = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[KMGT])(?P<binary>i?)B", re.IGNORECASE)
# An answer is DuckDB's or an error: no number is rounded, cut off or made null on the way.
EXACT = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.legacy.decimal.retainFractionDigitsOnTruncate": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
}


def is_spark(name: str) -> bool:
    """Whether an engine's name is one of Spark's: local, local[4], local[*], spark://host:port, sc://host:port."""
    return NAME.fullmatch(name) is not None


class Driver:
    """What this process has of Spark: one context that its open engines share, and that ends with the last of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engines = 0
        self._context: Any = None
        self._held = ExitStack()

    def open(self, name: str, memory: str) -> Any:
        """A session of its own. `memory` is the heap of the Java process ("4GB"), where one is started.

        Raises WorkbenchError where Spark or Java is missing, does not start, or runs on another master already.
        """
        session_class = _pyspark().sql.SparkSession
        if name.startswith("sc://"):
            return _exact(_connected(session_class, name))
        with self._lock:
            if not self._engines:
                with ExitStack() as stack:
                    self._context = _context(name, memory, stack)
                    self._held = stack.pop_all()
            elif self._context.master != name:
                problem = f"Spark runs on {self._context.master} in this process, so it cannot run on {name}."
                raise WorkbenchError(problem, "close the first engine, or use its name")
            self._engines += 1
            return _exact(session_class(self._context).newSession())

    def close(self, session: Any, name: str) -> None:
        """Give a session back; the last one ends the context and its Java process."""
        if name.startswith("sc://"):
            session.stop()
            return
        with self._lock:
            self._engines -= 1
            if not self._engines:
                self._held.close()


def _pyspark() -> Any:
    # It warns of pandas 3, through which nothing of ours goes, and logs what we say in a sentence of our own.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    logging.getLogger("SQLQueryContextLogger").disabled = True
    try:
        import pyspark.sql
    except ImportError as error:
        fix = "pip install 'billing-workbench[spark]'"
        raise WorkbenchError("This engine needs Spark, which is not installed.", fix) from error
    return pyspark


def _exact(session: Any) -> Any:
    from pyspark import cloudpickle

    for setting, value in EXACT.items():
        session.conf.set(setting, value)
    # Whole, so that the machines of a cluster need nothing of ours.
    cloudpickle.register_pickle_by_value(similarity)
    session.udf.register("jaro_winkler", similarity.jaro_winkler, "decimal(10, 9)")
    return session


def _connected(session_class: Any, name: str) -> Any:
    try:
        return session_class.builder.remote(name).create()
    except ImportError as error:
        fix = "pip install 'billing-workbench[spark]'"
        raise WorkbenchError(f"Spark Connect lacks a package: {error}.", fix) from error
    except Exception as error:
        # The client raises gRPC's errors, its own and Python's, each for the same reason.
        raise WorkbenchError(f"Nothing answers at {name}.", "look at the address, and that the server runs") from error


def _context(name: str, memory: str, stack: ExitStack) -> Any:
    """The context of this process where it has one (a notebook's own, which stays), else a new one."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    if SparkContext._active_spark_context is not None:
        return SparkContext._active_spark_context
    java = Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else Path("java")
    if shutil.which(java) is None:
        raise WorkbenchError(f"Spark needs Java, and there is no '{java}'.", "install Java 17: openjdk-17-jre-headless")
    folder = tempfile.TemporaryDirectory(prefix="workbench-spark-", ignore_cleanup_errors=True)
    scratch = Path(stack.enter_context(folder))
    conf = SparkConf(loadDefaults=False).setAll(list(launch_settings(name, memory, scratch).items()))
    # What Java says goes to a file, not between the lines of a report.
    with (scratch / "spark.log").open("wb") as log:
        try:
            gateway = launch_gateway(conf, {"stdout": log, "stderr": log})
            stack.callback(_end, gateway)
            context = SparkContext(gateway=gateway, conf=conf)
        except Exception as error:
            said = (scratch / "spark.log").read_text(errors="replace").strip().splitlines() or [str(error)]
            fix = "look at the version of Java (17), at memory and at the address"
            raise WorkbenchError(f"Spark does not start on {name}: {said[-1]}", fix) from error
    stack.callback(context.stop)
    context.setLogLevel("OFF")
    if name.startswith("local"):
        context.pythonExec = sys.executable
    return context


def _end(gateway: Any) -> None:
    from pyspark import SparkContext

    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    # The next context starts a Java process of its own, with its own memory.
    SparkContext._gateway = SparkContext._jvm = None


def launch_settings(name: str, memory: str, scratch: Path) -> dict[str, str]:
    """What a Java process is started with: nothing listens beyond this machine unless a cluster must call back."""
    found = NAME.fullmatch(name)
    if found is None:
        raise WorkbenchError(f"There is no engine '{name}'.", "use duckdb, local[*], spark://... or sc://...")
    settings = {
        "spark.master": name,
        "spark.app.name": "workbench",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": heap(memory),
        "spark.driver.extraJavaOptions": f'"-Djava.io.tmpdir={scratch}" -XX:-UsePerfData',
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
    }
    if found["kind"] is None:
        threads = found["threads"] or "1"
        cores = os.cpu_count() or 1 if threads == "*" else int(threads)
        settings["spark.sql.shuffle.partitions"] = str(cores)
    if found["kind"] is None or found["host"] in {"localhost", "127.0.0.1"}:
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return settings


def heap(memory: str) -> str:
    """A size as settings say it ("4GB", "512 MiB") as Java says it, in whole MiB."""
    found = SIZE.fullmatch(memory.strip())
    if found is None:
        raise WorkbenchError(f"memory is '{memory}', which is no size.", 'write memory = "4GB"')
    size = float(found["number"]) * (1024 if found["binary"] else 1000) ** ("KMGT".index(found["unit"].upper()) + 1)
    return f"{max(512, int(size / 2**20))}m"


DRIVER = Driver()
