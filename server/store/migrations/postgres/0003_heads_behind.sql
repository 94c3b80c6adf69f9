-- Newest values may be written some commits after their samples. `behind` says that some are still to be written: whoever
-- takes the city over then looks among the samples. A build that does not know the column writes them all at once.

ALTER TABLE tip ADD COLUMN behind boolean NOT NULL DEFAULT false;
