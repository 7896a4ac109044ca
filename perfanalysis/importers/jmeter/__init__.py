"""JMeter: JTL files as CSV and XML, and the dashboard's statistics.json."""
