"""What the doctor says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    OK = "ok"
    WARN = "warn"  # recordings are made, and may suffer
    FAIL = "fail"  # no recording, or no good one


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` and `remedy` are sentences; what is in order needs no remedy."""

    check: str
    grade: Grade
    text: str
    remedy: str = ""

    def as_values(self) -> dict[str, str]:
        return {"check": self.check, "grade": self.grade.value, "text": self.text, "remedy": self.remedy}


def ok(check: str, text: str) -> Finding:
    return Finding(check, Grade.OK, text)


def warn(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, Grade.WARN, text, remedy)


def fail(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, Grade.FAIL, text, remedy)
