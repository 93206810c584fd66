-- What an operator proposes and another person agrees to is a proposal of one kind or another: its exact content, the hash
-- of that, who proposed it, who agreed, until when. The first kind allocates revenue to a fund. What follows from it is a
-- command that carries the signatures, so that the posting worker and the reconciler need not believe these rows.
CREATE TABLE proposal (
    id bigint GENERATED ALWAYS AS IDENTITY,
    hash bytea NOT NULL CONSTRAINT proposal_hash_length CHECK (length(hash) = 32),
    kind text NOT NULL CONSTRAINT proposal_kind_known CHECK (kind IN ('fund_allocation')),
    payload text NOT NULL CONSTRAINT proposal_payload_length CHECK (length(payload) BETWEEN 1 AND 4096),
    proposed_by bytea NOT NULL CONSTRAINT proposal_proposed_by_length CHECK (length(proposed_by) = 20),
    proposer text NOT NULL,
    idempotency_key text NOT NULL CONSTRAINT proposal_key_form CHECK (idempotency_key ~ '^[ -~]{1,128}$'),
    proposed_at timestamptz NOT NULL DEFAULT now(),
    expires bigint NOT NULL CONSTRAINT proposal_expires_positive CHECK (expires > 0),
    state text NOT NULL DEFAULT 'open' CONSTRAINT proposal_state_known CHECK (state IN ('open', 'approved', 'withdrawn')),
    approved_by bytea CONSTRAINT proposal_approved_by_length CHECK (length(approved_by) = 20),
    approver text,
    inbox_id bigint CONSTRAINT proposal_inbox_fkey REFERENCES inbox (id),
    decided_at timestamptz,
    CONSTRAINT proposal_pkey PRIMARY KEY (id),
    CONSTRAINT proposal_hash_once UNIQUE (hash),
    CONSTRAINT proposal_key_once UNIQUE (proposed_by, idempotency_key),
    CONSTRAINT proposal_inbox_once UNIQUE (inbox_id),
    CONSTRAINT proposal_two_people CHECK (approver <> proposer),
    CONSTRAINT proposal_approved CHECK (
        (state = 'approved') = (approved_by IS NOT NULL) AND (approved_by IS NULL) = (approver IS NULL)
    ),
    CONSTRAINT proposal_commanded CHECK (inbox_id IS NULL OR state = 'approved'),
    CONSTRAINT proposal_decided CHECK ((state = 'open') = (decided_at IS NULL))
);
COMMENT ON TABLE proposal IS 'What needs the agreement of two people; signatures are in approval';
COMMENT ON COLUMN proposal.hash IS 'SHA-256 of kind, proposing wallet, idempotency key and payload, a line each; what is signed names it';
COMMENT ON COLUMN proposal.payload IS 'The content in its one canonical form (JSON)';
COMMENT ON COLUMN proposal.proposer IS 'Who proposed it: the person, whatever the wallet; never who approves it';
COMMENT ON COLUMN proposal.expires IS 'Until when it may be agreed to, in seconds of the chain''s time';
COMMENT ON COLUMN proposal.inbox_id IS 'The command that follows from it';

CREATE FUNCTION proposal_names_people() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    content text := concat_ws(
        E'\n', NEW.kind, '0x' || encode(NEW.proposed_by, 'hex'), NEW.idempotency_key, NEW.payload
    );
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.hash <> sha256(convert_to(content, 'UTF8')) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation', CONSTRAINT = 'proposal_hash_of_content', TABLE = 'proposal',
                MESSAGE = 'the hash of a proposal is that of its content';
        END IF;
        NEW.proposer := (SELECT o.person FROM public.operator AS o WHERE o.wallet = NEW.proposed_by);
    END IF;
    NEW.approver := CASE
        WHEN TG_OP = 'UPDATE' AND OLD.approved_by = NEW.approved_by THEN OLD.approver
        ELSE (SELECT o.person FROM public.operator AS o WHERE o.wallet = NEW.approved_by)
    END;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION proposal_names_people IS 'Writes which people the wallets of a proposal belong to, and checks its hash';
CREATE TRIGGER proposal_names_people BEFORE INSERT OR UPDATE ON proposal
    FOR EACH ROW EXECUTE FUNCTION proposal_names_people();
INSERT INTO allowed_transition (relation, role, from_state, to_state) VALUES
    ('proposal', 'trellis_api', 'open', 'approved'),
    ('proposal', 'trellis_api', 'open', 'withdrawn');
CREATE TRIGGER proposal_transition BEFORE UPDATE OF state ON proposal
    FOR EACH ROW EXECUTE FUNCTION check_transition();

ALTER TABLE approval DROP CONSTRAINT approval_kind_known;
ALTER TABLE approval ADD CONSTRAINT approval_kind_known CHECK (kind IN ('batch', 'root', 'resume', 'proposal'));
COMMENT ON COLUMN approval.subject IS 'Batch id, root, hash of a proposal, or number of a stop (8 bytes)';

-- Of the commands of operators, the API says that a user's identity was checked or tax number is known only with a signature,
-- and allocates revenue only as an approved proposal says. What the signatures are worth, their readers judge.
CREATE POLICY inbox_of_operators ON inbox FOR INSERT TO trellis_api
    WITH CHECK (
        fact_seq IS NULL
        AND id <= (SELECT s.last_value FROM inbox_id_seq AS s)
        AND source = 'command' AND payload ->> 'type' = 'reported' AND signature IS NOT NULL
        AND (
            (payload ->> 'report' IN ('user_verified', 'tax_id_recorded') AND natural_key LIKE '0x%')
            OR (
                payload ->> 'report' = 'fund_allocated'
                AND EXISTS (
                    SELECT FROM proposal AS p
                    WHERE natural_key = 'proposal:0x' || encode(p.hash, 'hex')
                        AND p.kind = 'fund_allocation' AND p.state = 'approved' AND p.inbox_id IS NULL
                )
            )
        )
    );
COMMENT ON COLUMN inbox.signature IS 'Of a command: its author''s signature over it (EIP-712), or the signatures under a proposal; the posting worker and whoever attests verify it';

-- A command that needs operators' signatures and has none that count is put aside.
ALTER TABLE inbox_quarantine DROP CONSTRAINT inbox_quarantine_cause_known;
ALTER TABLE inbox_quarantine ADD CONSTRAINT inbox_quarantine_cause_known CHECK (
    cause IN ('unreadable', 'not_a_command', 'fingerprint_differs', 'refused', 'unproven')
);

-- Whose signature was good once stays the author of what was posted then, also after the wallet or a role was taken away.
CREATE TABLE operator_before (
    id bigint GENERATED ALWAYS AS IDENTITY,
    wallet bytea NOT NULL,
    person text NOT NULL,
    roles text[] NOT NULL,
    valid_from bigint NOT NULL,
    valid_until bigint,
    ended_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT operator_before_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE operator_before IS 'What operators were before they were changed or removed; for judging what was posted then';
CREATE FUNCTION keep_operator_before() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO public.operator_before (wallet, person, roles, valid_from, valid_until)
    VALUES (OLD.wallet, OLD.person, OLD.roles, OLD.valid_from, OLD.valid_until);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION keep_operator_before IS 'Keeps what an operator was';
CREATE TRIGGER operator_is_kept AFTER UPDATE OR DELETE ON operator
    FOR EACH ROW EXECUTE FUNCTION keep_operator_before();

GRANT SELECT ON proposal TO trellis_api, trellis_reader;
GRANT INSERT (hash, kind, payload, proposed_by, idempotency_key, expires) ON proposal TO trellis_api;
GRANT UPDATE (state, approved_by, inbox_id, decided_at) ON proposal TO trellis_api;
-- They verify who agreed.
GRANT SELECT ON operator TO trellis_poster, trellis_reconciler;
GRANT SELECT ON operator_before TO trellis_reconciler;
