"""Where `ebb` begins."""

import signal


def main() -> None:
    """Run the command line; Ctrl-C while that is imported, or at its very end, just ends it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from studies import cli  # noqa: PLC0415  # when Ctrl-C is as it should be

    cli.main()


if __name__ == "__main__":
    main()
