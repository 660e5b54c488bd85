"""Slack: what its events mean, where they are kept, how replies look there and how they are sent."""
