"""`python -m bot` is `roomreel`."""

from bot.cli import main

main(prog_name="roomreel")
