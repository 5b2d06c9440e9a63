"""Amazon's S3 and what speaks like it: uploaded while the recording grows, and gone on with by any process."""
