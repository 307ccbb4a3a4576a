"""Read what systems export: every record is accepted or rejected, none is lost."""
