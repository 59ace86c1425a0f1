"""The reference Agent-V3 deployment: `python -m stack up` starts it, `down` takes it away again."""
