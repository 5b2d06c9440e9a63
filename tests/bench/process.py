"""A process of a benchmark that talks in JSON lines."""

import json
import subprocess
import sys


class Peer:
    """Owns a process; one line in, one line out."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._module = module
        command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, value: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()

    def hear(self) -> object:
        """Raises RuntimeError when the process has ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} ended before it answered; what it said is above.")
        return json.loads(line)

    def ask(self, value: object = "now") -> dict[str, float]:
        self.tell(value)
        answer = self.hear()
        assert isinstance(answer, dict)
        return answer

    def end(self) -> None:
        """At once: a hundred decoder threads take their time to end in order."""
        self._process.kill()
        self._process.communicate()
