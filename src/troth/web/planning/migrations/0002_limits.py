"""What the database itself keeps of the capacity ledger beyond single rows, and the audit trail of its nouns."""

from django.db import migrations

from troth.web.common.audit import audited

#: Claims of a resource share its capacity; claims inside a claim share its units. Where only one fits, the exclusion
#: constraint of the table does the rest; else they are counted. The resource is locked meanwhile.
CLAIM = """
CREATE FUNCTION planning_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    room bigint;
    around planning_ledgerclaim%ROWTYPE;
    peak bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'A claim is never changed: it is released and booked anew.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'planning_claim_fixed';
    END IF;
    -- One writer a resource at a time: of two who met in the constraint alone one would end in a deadlock.
    SELECT capacity INTO room FROM planning_ledgerresource WHERE id = NEW.resource_id FOR NO KEY UPDATE;
    IF NEW.inside_id IS NOT NULL THEN
        SELECT * INTO around FROM planning_ledgerclaim WHERE id = NEW.inside_id FOR KEY SHARE;
        IF around.resource_id IS DISTINCT FROM NEW.resource_id OR NOT NEW.span <@ around.span THEN
            RAISE EXCEPTION 'A claim lies within the claim it is inside of.'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'planning_claim_inside';
        END IF;
        room := around.units;
    END IF;
    NEW.shared := room > 1;
    IF NEW.probability < 1 THEN
        RETURN NEW;
    END IF;
    peak := NEW.units;
    IF NEW.shared THEN
        -- Use changes only where a claim begins: it is greatest at one of those places.
        WITH beside AS (
            SELECT span, units FROM planning_ledgerclaim
             WHERE resource_id = NEW.resource_id AND inside_id IS NOT DISTINCT FROM NEW.inside_id
               AND probability >= 1 AND span && NEW.span
        ), places AS (
            SELECT lower(NEW.span) AS place
            UNION SELECT lower(span) FROM beside WHERE lower(span) <@ NEW.span
        )
        SELECT NEW.units + max((SELECT coalesce(sum(units), 0) FROM beside WHERE span @> place))
          INTO peak FROM places;
    END IF;
    IF peak > room THEN
        RAISE EXCEPTION 'More is claimed than there is.'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'planning_claim_room';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER planning_claim_room BEFORE INSERT ON planning_ledgerclaim
    FOR EACH ROW EXECUTE FUNCTION planning_claim();
CREATE TRIGGER planning_claim_fixed BEFORE UPDATE ON planning_ledgerclaim FOR EACH ROW
    WHEN ((OLD.resource_id, OLD.span, OLD.probability, OLD.units, OLD.inside_id, OLD.shared)
          IS DISTINCT FROM (NEW.resource_id, NEW.span, NEW.probability, NEW.units, NEW.inside_id, NEW.shared))
    EXECUTE FUNCTION planning_claim();
"""

CAPACITY = """
CREATE FUNCTION planning_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The row is locked by this change: whoever wrote a claim before is done and seen, whoever comes waits.
    IF EXISTS (SELECT FROM planning_ledgerclaim WHERE resource_id = NEW.id) THEN
        RAISE EXCEPTION 'The capacity of a resource with claims is not changed.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'planning_capacity_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER planning_capacity_fixed BEFORE UPDATE ON planning_ledgerresource FOR EACH ROW
    WHEN (OLD.capacity IS DISTINCT FROM NEW.capacity) EXECUTE FUNCTION planning_capacity();
"""


class Migration(migrations.Migration):
    """The triggers."""

    dependencies = [("planning", "0001_initial"), ("people", "0002_trail")]
    operations = [
        migrations.RunSQL(
            CLAIM,
            "DROP TRIGGER planning_claim_fixed ON planning_ledgerclaim; "
            "DROP TRIGGER planning_claim_room ON planning_ledgerclaim; DROP FUNCTION planning_claim()",
        ),
        migrations.RunSQL(
            CAPACITY,
            "DROP TRIGGER planning_capacity_fixed ON planning_ledgerresource; DROP FUNCTION planning_capacity()",
        ),
        *audited("planning_ledgerresource", "planning_ledgerclaim"),
    ]
