"""What is counted for /metrics."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("care_messages", "Messages received and stored")
REPLIES = Counter("care_replies", "Replies by type", ["type"])
FAILURES = Counter("care_failures", "Turns that failed, by cause", ["cause"])
TURN_SECONDS = Histogram("care_turn_seconds", "Seconds a turn took in the engine")
DELIVERIES = Counter(
    "care_deliveries", "E-mails and webhooks by outcome: sent, failed, dead", ["destination", "outcome"]
)
SOCKETS = Gauge("care_sockets", "Open web chat sockets")
SLACK_EVENTS = Counter("care_slack_events", "Messages and presses from Slack: kept, known, refused", ["outcome"])
