"""The command `lessons`: what can be done without a notebook. The same as `python -m lessons`."""

import argparse
import sys
from collections.abc import Sequence

from lessons import __version__
from lessons.language import LANGUAGES, say, speak


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if all went well, 1 if something is off."""
    # subtle: a Windows pipe cannot write Hangul; a question mark beats a traceback
    sys.stdout.reconfigure(errors="replace")
    language = argparse.ArgumentParser(add_help=False)
    language.add_argument("--language", choices=LANGUAGES, default="en")
    speak(language.parse_known_args(arguments)[0].language)  # first, so that even --help is in it
    options = parser().parse_args(arguments)
    return options.run(options)


def parser() -> argparse.ArgumentParser:
    """What may be typed after `lessons`."""
    top = argparse.ArgumentParser(prog="lessons", description=say("cli.description"))
    top.add_argument("--version", action="version", version=f"lessons {__version__}")
    top.add_argument("--language", choices=LANGUAGES, default="en", help=say("cli.language"))
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    doctor = commands.add_parser("doctor", help=say("cli.doctor"), description=say("cli.doctor"))
    doctor.set_defaults(run=run_doctor)
    return top


def run_doctor(options: argparse.Namespace) -> int:
    """Prints what the doctor found; 1 if anything is off."""
    from lessons import doctor

    findings = doctor.examine()
    print(doctor.report(findings))
    return int(not all(one.ok for one in findings))
