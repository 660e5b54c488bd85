"""The policy calculations: dated tables, pure functions, one outcome type."""
