"""The doctor: everything on this machine that could keep Claif from working, each with a remedy.

It must work where nothing else does: nothing here needs more than the standard library until the check that needs it
runs, and a check that fails itself is a finding like others.
"""
