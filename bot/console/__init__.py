"""The agents' console: sign-in, the queue, a ticket; what each route asks of its caller stands in routes.py."""
