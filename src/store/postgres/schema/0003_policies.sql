-- Rows of a tenant are fenced a second time: a statement that forgets to say whose rows it means finds none.
--
-- A node's role sees the tenants that the functions name before they read, and tasks of all tenants while it claims. A
-- reader's role sees its own tenants, whatever it says. The owner is not fenced, as backups need all: nodes should not
-- run as the owner.
ALTER TABLE {s}.records ENABLE ROW LEVEL SECURITY;
ALTER TABLE {s}.places ENABLE ROW LEVEL SECURITY;
ALTER TABLE {s}.tasks ENABLE ROW LEVEL SECURITY;

-- Lets a role work as a node. Doing it again changes nothing.
CREATE FUNCTION {s}.grant_node(p_role name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_table text;
    v_policy text := 'node of ' || p_role;
    v_sees text := 'strpos(current_setting(''switchboard.tenants'', true), ''/'' || tenant || ''/'') > 0';
    v_claims text := ' OR current_setting(''switchboard.claiming'', true) = ''on''';
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA {s} TO %I', p_role);
    EXECUTE format('GRANT SELECT ON {s}.schema_version TO %I', p_role);
    EXECUTE format('GRANT USAGE ON SEQUENCE {s}.fences TO %I', p_role);
    FOREACH v_table IN ARRAY ARRAY['records', 'places', 'tasks'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON {s}.%I TO %I', v_table, p_role);
        EXECUTE format('DROP POLICY IF EXISTS %I ON {s}.%I', v_policy, v_table);
        EXECUTE format('CREATE POLICY %I ON {s}.%I TO %I USING (%s)', v_policy, v_table, p_role,
            v_sees || CASE v_table WHEN 'tasks' THEN v_claims ELSE '' END);
    END LOOP;
END $$;

-- Lets a role read the views, and in them the rows of these tenants and no others. Doing it again replaces the tenants;
-- none takes everything away.
CREATE FUNCTION {s}.grant_reader(p_role name, p_tenants text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_table text;
    v_policy text := 'reader ' || p_role;
BEGIN
    IF cardinality(p_tenants) > 0 THEN
        EXECUTE format('GRANT USAGE ON SCHEMA {s} TO %I', p_role);
        FOR v_table IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = '{s}'::regnamespace AND c.relkind = 'v' LOOP
            EXECUTE format('GRANT SELECT ON {s}.%I TO %I', v_table, p_role);
        END LOOP;
    END IF;
    FOREACH v_table IN ARRAY ARRAY['records', 'places'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS %I ON {s}.%I', v_policy, v_table);
        IF cardinality(p_tenants) > 0 THEN
            EXECUTE format('GRANT SELECT ON {s}.%I TO %I', v_table, p_role);
            EXECUTE format('CREATE POLICY %I ON {s}.%I FOR SELECT TO %I USING (tenant = ANY (%L::text[]))',
                v_policy, v_table, p_role, p_tenants);
        ELSE
            EXECUTE format('REVOKE SELECT ON {s}.%I FROM %I', v_table, p_role);
        END IF;
    END LOOP;
END $$;
