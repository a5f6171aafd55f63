"""The parts that a process runs on: the embedded database, child processes, secret files, start-up steps."""
