"""Where the stack's alerts arrive: a mail server and a webhook that keep what they get."""
