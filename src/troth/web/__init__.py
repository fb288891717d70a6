"""The Django project: what people see and do. Facts go to the outbox, figures come from the log."""
