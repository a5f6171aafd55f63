"""Days of the calendar in the time zone of a person."""
