"""Project configuration: settings, URLs, API mount, sign-in, health checks, embedded PostgreSQL and the demo."""
