-- The four requests, a function each, so that each is one statement and one round trip, plans are kept by every session
-- (through a pooler, too), and the tenants of the statement are known to the policies before anything is read.
--
-- Every statement in them finds its rows by a whole primary key, or in the order of an index. A plan made while a table
-- was empty would rather read all of it, and be kept: hence no sequential scans.

-- $1: the tenants, as in `/acme/`. $2: keys. One row per record that is there, with the place of its key.
CREATE FUNCTION {s}.load(p_scope text, p_keys text[])
RETURNS TABLE (ord integer, version bigint, body text)
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
    PERFORM set_config('switchboard.tenants', p_scope, true);
    FOR i IN 1 .. cardinality(p_keys) LOOP
        SELECT r.version, r.body INTO version, body FROM {s}.records r
        WHERE r.tenant = split_part(p_keys[i], '/', 2) AND r.key = p_keys[i];
        IF FOUND THEN
            ord := i;
            RETURN NEXT;
        END IF;
    END LOOP;
    PERFORM set_config('switchboard.tenants', '', true);
END $$;

-- The records at a place, in its order, after a position; p_after_key NULL: from the start.
CREATE FUNCTION {s}.scan(
    p_scope text, p_tenant text, p_place text, p_major bigint, p_minor bigint, p_after_key text, p_limit integer
)
RETURNS TABLE (key text, version bigint, body text, major bigint, minor bigint)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    v_majors bigint[];
    v_minors bigint[];
    v_keys text[];
    v_scope text := p_scope;
    v_tenant text;
BEGIN
    PERFORM set_config('switchboard.tenants', v_scope, true);
    IF p_after_key IS NULL THEN
        SELECT array_agg(x.major), array_agg(x.minor), array_agg(x.key) INTO v_majors, v_minors, v_keys FROM (
            SELECT p.major, p.minor, p.key FROM {s}.places p
            WHERE p.tenant = p_tenant AND p.place = p_place
            ORDER BY p.major, p.minor, p.key LIMIT p_limit
        ) x;
    ELSE
        SELECT array_agg(x.major), array_agg(x.minor), array_agg(x.key) INTO v_majors, v_minors, v_keys FROM (
            SELECT p.major, p.minor, p.key FROM {s}.places p
            WHERE p.tenant = p_tenant AND p.place = p_place
              AND (p.major, p.minor, p.key) > (p_major, p_minor, p_after_key COLLATE "C")
            ORDER BY p.major, p.minor, p.key LIMIT p_limit
        ) x;
    END IF;
    -- A record is listed with whom its writer said, which need not be whose it is.
    FOR i IN 1 .. coalesce(cardinality(v_keys), 0) LOOP
        v_tenant := split_part(v_keys[i], '/', 2);
        IF strpos(v_scope, '/' || v_tenant || '/') = 0 THEN
            v_scope := v_scope || v_tenant || '/';
            PERFORM set_config('switchboard.tenants', v_scope, true);
        END IF;
        key := v_keys[i];
        major := v_majors[i];
        minor := v_minors[i];
        SELECT r.version, r.body INTO version, body FROM {s}.records r WHERE r.tenant = v_tenant AND r.key = v_keys[i];
        IF NOT FOUND THEN
            version := NULL;
            body := NULL;
        END IF;
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('switchboard.tenants', '', true);
END $$;

CREATE FUNCTION {s}.claim(p_now bigint, p_until bigint, p_limit integer)
RETURNS TABLE (id text, due bigint, rev bigint, fence bigint, work text)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    v record;
BEGIN
    PERFORM set_config('switchboard.claiming', 'on', true);
    FOR v IN
        SELECT k.tenant, k.id, k.due, k.rev, k.work FROM {s}.tasks k
        WHERE k.due <= p_now AND k.held_until <= p_now
        ORDER BY k.due, k.id LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        id := v.id;
        due := v.due;
        rev := v.rev;
        work := v.work;
        fence := nextval('{s}.fences');
        UPDATE {s}.tasks k SET fence = claim.fence, held_until = p_until WHERE k.tenant = v.tenant AND k.id = v.id;
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('switchboard.claiming', '', true);
END $$;

-- A commit comes as a tape: p_n holds its numbers, p_t its texts, each read once from the front, so that one statement
-- with three arguments carries any commit. All records first, ascending by tenant and key, then all tasks, ascending by
-- tenant and id: whoever waits for a row holds only lower ones, so that commits never wait for each other in a circle.
--
--   numbers: records, then for each: what, order, version, places, (major, minor) for each place;
--            tasks, then for each: what, order, and for settling fence, rev; for arming due
--   texts:   for each record: key, body if it is put, place names; for each task: id, work if it is armed
--   what:    1 check, 2 create, 3 write, 4 delete; 5 settle, 6 disarm, 7 arm, 8 arm at the earliest
--
-- Returns NULL when all was applied; `c` and a key for a conflict, `l` and a task id for a lost lease: the first by
-- `order`. If something was already changed by then, it is an error of SQLSTATE SB001 or SB002 instead, which undoes it,
-- with the name in its detail.
CREATE FUNCTION {s}.commit(p_scope text, p_t text[], p_n bigint[]) RETURNS text
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    t integer := 0;
    n integer := 1;
    v_count bigint := p_n[1];
    v_what bigint;
    v_order bigint;
    v_expect bigint;
    v_version bigint;
    v_key text;
    v_tenant text;
    v_body text;
    v_old_places text[];
    v_old_sorts bigint[];
    v_new_places text[];
    v_new_sorts bigint[];
    v_number integer;
    v_changed boolean := false;
    v_ok boolean;
    v_bad_order bigint;
    v_bad text;
BEGIN
    PERFORM set_config('switchboard.tenants', p_scope, true);
    FOR i IN 1 .. v_count LOOP
        v_what := p_n[n + 1];
        v_order := p_n[n + 2];
        v_expect := p_n[n + 3];
        v_number := p_n[n + 4];
        n := n + 4;
        t := t + 1;
        v_key := p_t[t];
        v_tenant := split_part(v_key, '/', 2);
        IF v_what = 2 OR v_what = 3 THEN
            t := t + 1;
            v_body := p_t[t];
            IF v_number > 0 THEN
                v_new_places := p_t[t + 1 : t + v_number];
                v_new_sorts := p_n[n + 1 : n + 2 * v_number];
                t := t + v_number;
                n := n + 2 * v_number;
            ELSE
                v_new_places := NULL;
                v_new_sorts := NULL;
            END IF;
        END IF;
        IF v_bad IS NOT NULL THEN
            -- It is refused already: find out only whether this stands before what it is refused for.
            IF v_order < v_bad_order THEN
                SELECT r.version INTO v_version FROM {s}.records r WHERE r.tenant = v_tenant AND r.key = v_key;
                v_ok := CASE WHEN v_what = 2 THEN NOT FOUND ELSE FOUND AND v_version = v_expect END;
            ELSE
                v_ok := true;
            END IF;
        ELSIF v_what = 3 THEN
            SELECT r.places, r.sorts INTO v_old_places, v_old_sorts FROM {s}.records r
            WHERE r.tenant = v_tenant AND r.key = v_key AND r.version = v_expect;
            IF FOUND THEN
                -- Nobody moves a record's places without changing its version.
                IF v_old_places IS NOT DISTINCT FROM v_new_places AND v_old_sorts IS NOT DISTINCT FROM v_new_sorts THEN
                    UPDATE {s}.records r SET version = v_expect + 1, body = v_body
                    WHERE r.tenant = v_tenant AND r.key = v_key AND r.version = v_expect;
                    v_ok := FOUND;
                ELSE
                    UPDATE {s}.records r
                    SET version = v_expect + 1, body = v_body, places = v_new_places, sorts = v_new_sorts
                    WHERE r.tenant = v_tenant AND r.key = v_key AND r.version = v_expect;
                    v_ok := FOUND;
                    IF v_ok THEN
                        PERFORM {s}.move(v_key, v_old_places, v_old_sorts, v_new_places, v_new_sorts);
                    END IF;
                END IF;
                v_changed := v_changed OR v_ok;
            ELSE
                v_ok := false;
            END IF;
        ELSIF v_what = 2 THEN
            INSERT INTO {s}.records (tenant, key, version, body, places, sorts)
            VALUES (v_tenant, v_key, 1, v_body, v_new_places, v_new_sorts) ON CONFLICT DO NOTHING;
            v_ok := FOUND;
            v_changed := v_changed OR v_ok;
            IF v_ok AND v_new_places IS NOT NULL THEN
                PERFORM {s}.move(v_key, NULL, NULL, v_new_places, v_new_sorts);
            END IF;
        ELSIF v_what = 1 THEN
            PERFORM 1 FROM {s}.records r
            WHERE r.tenant = v_tenant AND r.key = v_key AND r.version = v_expect FOR SHARE;
            v_ok := FOUND;
        ELSE
            DELETE FROM {s}.records r WHERE r.tenant = v_tenant AND r.key = v_key AND r.version = v_expect
            RETURNING r.places, r.sorts INTO v_old_places, v_old_sorts;
            v_ok := FOUND;
            v_changed := v_changed OR v_ok;
            IF v_ok AND v_old_places IS NOT NULL THEN
                PERFORM {s}.move(v_key, v_old_places, v_old_sorts, NULL, NULL);
            END IF;
        END IF;
        IF NOT v_ok THEN
            v_bad := v_key;
            v_bad_order := v_order;
        END IF;
    END LOOP;
    IF v_bad IS NOT NULL THEN
        IF v_changed THEN
            RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = 'a record changed since it was read', DETAIL = v_bad;
        END IF;
        PERFORM set_config('switchboard.tenants', '', true);
        RETURN 'c' || v_bad;
    END IF;

    n := n + 1;
    v_count := p_n[n];
    FOR i IN 1 .. v_count LOOP
        v_what := p_n[n + 1];
        v_order := p_n[n + 2];
        v_expect := p_n[n + 3];
        n := n + 3;
        t := t + 1;
        v_key := p_t[t];
        v_tenant := split_part(v_key, '/', 2);
        IF v_what = 5 THEN
            n := n + 1;
            IF v_bad IS NOT NULL THEN
                PERFORM 1 FROM {s}.tasks k WHERE k.tenant = v_tenant AND k.id = v_key AND k.fence = v_expect;
                v_ok := FOUND OR v_order > v_bad_order;
            ELSE
                DELETE FROM {s}.tasks k
                WHERE k.tenant = v_tenant AND k.id = v_key AND k.fence = v_expect AND k.rev = p_n[n];
                v_ok := FOUND;
                IF NOT v_ok THEN
                    -- Armed again since it was claimed: it stays, and is released.
                    UPDATE {s}.tasks k SET fence = NULL, held_until = -9223372036854775808
                    WHERE k.tenant = v_tenant AND k.id = v_key AND k.fence = v_expect;
                    v_ok := FOUND;
                END IF;
                v_changed := v_changed OR v_ok;
            END IF;
            IF NOT v_ok THEN
                v_bad := v_key;
                v_bad_order := v_order;
            END IF;
        ELSIF v_what = 6 THEN
            IF v_bad IS NULL THEN
                DELETE FROM {s}.tasks k WHERE k.tenant = v_tenant AND k.id = v_key;
                v_changed := v_changed OR FOUND;
            END IF;
        ELSE
            t := t + 1;
            IF v_bad IS NULL THEN
                INSERT INTO {s}.tasks AS k (tenant, id, due, work) VALUES (v_tenant, v_key, v_expect, p_t[t])
                ON CONFLICT (tenant, id) DO UPDATE SET
                    rev = k.rev + 1,
                    due = CASE WHEN v_what = 7 OR excluded.due <= k.due THEN excluded.due ELSE k.due END,
                    work = CASE WHEN v_what = 7 OR excluded.due <= k.due THEN excluded.work ELSE k.work END
                -- Nobody holds it, and it would not move: the lock alone keeps a claim from overtaking this commit.
                WHERE v_what = 7 OR k.fence IS NOT NULL OR excluded.due < k.due
                   OR (excluded.due = k.due AND excluded.work <> k.work);
                v_changed := true;
            END IF;
        END IF;
    END LOOP;
    IF v_bad IS NOT NULL THEN
        IF v_changed THEN
            RAISE EXCEPTION USING ERRCODE = 'SB002', MESSAGE = 'the lease of a task is lost', DETAIL = v_bad;
        END IF;
        PERFORM set_config('switchboard.tenants', '', true);
        RETURN 'l' || v_bad;
    END IF;
    PERFORM set_config('switchboard.tenants', '', true);
    RETURN NULL;
END $$;

-- Takes a record from the places it leaves and puts it at those it comes to; both lists ascend, what stays is not touched.
CREATE FUNCTION {s}.move(
    p_key text, p_old text[], p_old_sorts bigint[], p_new text[], p_new_sorts bigint[]
)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a integer := 1;
    b integer := 1;
    v_olds integer := coalesce(cardinality(p_old), 0);
    v_news integer := coalesce(cardinality(p_new), 0);
    v_side integer;
    v_old text COLLATE "C";
    v_new text COLLATE "C";
    v_tenant text;
BEGIN
    WHILE a <= v_olds OR b <= v_news LOOP
        IF a > v_olds THEN
            v_side := 1;
        ELSIF b > v_news THEN
            v_side := -1;
        ELSE
            v_old := p_old[a];
            v_new := p_new[b];
            IF v_old = v_new THEN
                IF p_old_sorts[2 * a - 1] <> p_new_sorts[2 * b - 1] THEN
                    v_side := CASE WHEN p_old_sorts[2 * a - 1] < p_new_sorts[2 * b - 1] THEN -1 ELSE 1 END;
                ELSIF p_old_sorts[2 * a] <> p_new_sorts[2 * b] THEN
                    v_side := CASE WHEN p_old_sorts[2 * a] < p_new_sorts[2 * b] THEN -1 ELSE 1 END;
                ELSE
                    v_side := 0;
                END IF;
            ELSE
                v_side := CASE WHEN v_old < v_new THEN -1 ELSE 1 END;
            END IF;
        END IF;
        IF v_side = 0 THEN
            a := a + 1;
            b := b + 1;
        ELSIF v_side < 0 THEN
            v_tenant := split_part(substr(p_old[a], strpos(p_old[a], ':') + 1), '/', 1);
            DELETE FROM {s}.places p
            WHERE p.tenant = v_tenant AND p.place = p_old[a]
              AND p.major = p_old_sorts[2 * a - 1] AND p.minor = p_old_sorts[2 * a] AND p.key = p_key;
            a := a + 1;
        ELSE
            v_tenant := split_part(substr(p_new[b], strpos(p_new[b], ':') + 1), '/', 1);
            INSERT INTO {s}.places (tenant, place, major, minor, key)
            VALUES (v_tenant, p_new[b], p_new_sorts[2 * b - 1], p_new_sorts[2 * b], p_key);
            b := b + 1;
        END IF;
    END LOOP;
END $$;
