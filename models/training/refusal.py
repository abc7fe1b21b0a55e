"""How the importer ends where a checkpoint cannot become a bundle: in words, with an exit code."""

USAGE = 2  # trying again does not help
GATE = 4  # a measured quality is below what was asked for


class Refusal(Exception):
    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def refuse(message: str, status: int = USAGE) -> Refusal:
    return Refusal(message, status)
