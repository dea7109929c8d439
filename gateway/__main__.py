"""The command line: `envelope-gateway` and `python -m gateway`."""

from gateway.commands.line import run


def main(argv: list[str] | None = None) -> int:
    """Run one command: 0 good, 1 failed, 2 wrong use or configuration."""
    return run(argv)


if __name__ == "__main__":
    raise SystemExit(main())
