"""Where backups are kept: a folder, or a store that speaks S3; each by its address."""
