-- One command that cannot be read or posted must not keep everything behind it from being posted: it is put aside, where
-- people see it. What the chain says is never put aside.
ALTER TABLE inbox ADD COLUMN quarantined boolean NOT NULL DEFAULT false
    CONSTRAINT inbox_quarantine_spares_chain CHECK (NOT quarantined OR (source <> 'chain' AND fact_seq IS NULL));
COMMENT ON COLUMN inbox.quarantined IS 'Skipped by the posting worker until people have it tried again; see inbox_quarantine';

-- What waits, without what is put aside.
DROP INDEX inbox_waiting;
CREATE INDEX inbox_waiting ON inbox (id) WHERE fact_seq IS NULL AND NOT quarantined;
CREATE INDEX inbox_quarantined ON inbox (id) WHERE quarantined;

CREATE TABLE inbox_quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY,
    inbox_id bigint NOT NULL CONSTRAINT inbox_quarantine_inbox_fkey REFERENCES inbox (id),
    cause text NOT NULL CONSTRAINT inbox_quarantine_cause_known CHECK (
        cause IN ('unreadable', 'not_a_command', 'fingerprint_differs', 'refused')
    ),
    detail text NOT NULL CONSTRAINT inbox_quarantine_detail_length CHECK (length(detail) <= 1000),
    at timestamptz NOT NULL DEFAULT now(),
    ended_as text CONSTRAINT inbox_quarantine_end_known CHECK (ended_as IN ('retried', 'dismissed')),
    ended_why text,
    ended_at timestamptz,
    CONSTRAINT inbox_quarantine_pkey PRIMARY KEY (id),
    CONSTRAINT inbox_quarantine_end_complete CHECK (
        (ended_as IS NULL) = (ended_at IS NULL) AND (ended_as IS NULL) = (ended_why IS NULL)
    )
);
COMMENT ON TABLE inbox_quarantine IS 'Commands that the posting worker put aside, each with its cause; the owner ends them';
COMMENT ON COLUMN inbox_quarantine.ended_as IS 'retried: it waits to be posted again; dismissed: it is never posted';
CREATE UNIQUE INDEX inbox_quarantine_one_open ON inbox_quarantine (inbox_id) WHERE ended_as IS NULL;

-- The posting worker puts aside and does not take back; nobody stores a command that is put aside already.
GRANT UPDATE (quarantined) ON inbox TO trellis_poster;
GRANT INSERT (inbox_id, cause, detail) ON inbox_quarantine TO trellis_poster;
GRANT SELECT ON inbox_quarantine TO trellis_reconciler, trellis_reader;
DROP POLICY inbox_of_poster ON inbox;
CREATE POLICY inbox_of_poster ON inbox FOR UPDATE TO trellis_poster
    USING (fact_seq IS NULL AND NOT quarantined) WITH CHECK (true);
CREATE POLICY inbox_is_not_quarantined ON inbox AS RESTRICTIVE FOR INSERT WITH CHECK (NOT quarantined);
