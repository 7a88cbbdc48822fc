"""What a chip does: throughput by workload. The market reads log throughput only."""
