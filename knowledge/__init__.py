"""What Customer Care publishes, and what computes with it: the FAQ, the policies, reading of dates and amounts."""

import os

# ONNX Runtime 1.29 and later reports its use to its maker unless this is set before it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
