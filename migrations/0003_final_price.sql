-- What a job came to in the end, told by its master; NULL until then.
ALTER TABLE jobs ADD COLUMN final_kopecks BIGINT;

ALTER TABLE jobs ADD COLUMN finished_ms BIGINT;

CREATE INDEX masters_by_phone ON masters (org_id, phone);
