//! Tables to which rows are only added: the database itself refuses everything else, but for the
//! removal of rows whose `expiresAt` has passed.

use super::Dialect;

/// The tables.
const TABLES: [&str; 1] = ["gatewright_audit_log"];

/// What stands guard over `table`, if it is one of them.
pub(super) fn guards(dialect: Dialect, table: &str) -> String {
    if !TABLES.contains(&table) {
        return String::new();
    }
    match dialect {
        Dialect::Sqlite => format!(
            r#"CREATE TRIGGER "{table}_no_update" BEFORE UPDATE ON "{table}"
               BEGIN SELECT RAISE(ABORT, 'the table is append-only'); END;
               CREATE TRIGGER "{table}_no_delete" BEFORE DELETE ON "{table}"
               WHEN OLD."expiresAt" > CAST(strftime('%s', 'now') AS integer) * 1000
               BEGIN SELECT RAISE(ABORT, 'the table is append-only'); END;
"#
        ),
        Dialect::Postgres => format!(
            r#"CREATE FUNCTION "{table}_guard"() RETURNS trigger LANGUAGE plpgsql AS $guard$
               BEGIN
                   IF TG_OP = 'DELETE' THEN
                       IF OLD."expiresAt" <= extract(epoch FROM clock_timestamp()) * 1000 THEN
                           RETURN OLD;
                       END IF;
                   END IF;
                   RAISE EXCEPTION 'the table is append-only';
               END $guard$;
               CREATE TRIGGER "{table}_rows" BEFORE UPDATE OR DELETE ON "{table}"
                   FOR EACH ROW EXECUTE FUNCTION "{table}_guard"();
               CREATE TRIGGER "{table}_truncate" BEFORE TRUNCATE ON "{table}"
                   FOR EACH STATEMENT EXECUTE FUNCTION "{table}_guard"();
"#
        ),
    }
}
