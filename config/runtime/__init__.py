"""What a process needs to run: the embedded database, child processes, secret files, start-up steps."""
