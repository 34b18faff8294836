"""What operators see: the dashboard, the doctor, roles and backups."""
