"""What the tests of the machinery share."""

pytest_plugins = ["pytester"]
