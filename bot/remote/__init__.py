"""Commands to a service, from the command line of any machine."""
