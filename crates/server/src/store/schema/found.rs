//! The tables of a database as it is.

use std::collections::BTreeMap;

use super::ddl::Dialect;
use crate::store::StoreError;
use crate::store::engine::{Tx, values};

/// A column as it is.
#[derive(Clone, Debug)]
pub(in crate::store) struct FoundColumn {
    pub(in crate::store) name: String,
    /// As the engine calls it, in lower case.
    pub(in crate::store) type_name: String,
    pub(super) is_nullable: bool,
    pub(super) has_default: bool,
    /// Whether an index of this column alone lets each value in once.
    pub(super) is_unique: bool,
}

/// Tables and their columns, by name.
pub(in crate::store) struct Found(BTreeMap<String, Vec<FoundColumn>>);

impl Found {
    pub(in crate::store) async fn read(tx: &Tx, dialect: Dialect) -> Result<Self, StoreError> {
        // A table of SQLite's own is none of the application's.
        const SQLITE: &str = r#"SELECT "t"."name", "c"."name", lower("c"."type"),
                "c"."notnull" = 0 AND "c"."pk" = 0, "c"."dflt_value" IS NOT NULL,
                "c"."pk" = 1 OR EXISTS (SELECT 1 FROM pragma_index_list("t"."name") AS "i"
                    WHERE "i"."unique" AND NOT "i"."partial"
                    AND (SELECT count(*) = 1 AND max("k"."name") = "c"."name"
                        FROM pragma_index_info("i"."name") AS "k"))
            FROM sqlite_master AS "t" JOIN pragma_table_info("t"."name") AS "c"
            WHERE "t"."type" = 'table' AND "t"."name" NOT LIKE 'sqlite\_%' ESCAPE '\'
            ORDER BY "t"."name", "c"."cid""#;
        const POSTGRES: &str = r#"SELECT "c"."table_name", "c"."column_name",
                lower(CASE "c"."data_type" WHEN 'USER-DEFINED' THEN "c"."udt_name"
                    ELSE "c"."data_type" END),
                "c"."is_nullable" = 'YES',
                "c"."column_default" IS NOT NULL OR "c"."is_identity" = 'YES'
                    OR "c"."is_generated" <> 'NEVER',
                EXISTS (SELECT 1 FROM pg_index AS "i"
                    JOIN pg_class AS "r" ON "r"."oid" = "i"."indrelid"
                    JOIN pg_namespace AS "n" ON "n"."oid" = "r"."relnamespace"
                    JOIN pg_attribute AS "a"
                        ON "a"."attrelid" = "r"."oid" AND "a"."attnum" = "i"."indkey"[0]
                    WHERE "i"."indisunique" AND "i"."indnkeyatts" = 1 AND "i"."indpred" IS NULL
                    AND "n"."nspname" = "c"."table_schema" AND "r"."relname" = "c"."table_name"
                    AND "a"."attname" = "c"."column_name")
            FROM information_schema.columns AS "c"
            JOIN information_schema.tables AS "t" USING ("table_schema", "table_name")
            WHERE "c"."table_schema" = current_schema() AND "t"."table_type" = 'BASE TABLE'
            ORDER BY "c"."table_name", "c"."ordinal_position""#;
        let sql = match dialect {
            Dialect::Sqlite => SQLITE,
            Dialect::Postgres => POSTGRES,
        };
        let columns = tx
            .all(sql, values![], |row| {
                let column = FoundColumn {
                    name: row.text(1)?,
                    type_name: row.text(2)?,
                    is_nullable: row.bool(3)?,
                    has_default: row.bool(4)?,
                    is_unique: row.bool(5)?,
                };
                Ok((row.text(0)?, column))
            })
            .await?;
        let mut tables = BTreeMap::<String, Vec<FoundColumn>>::new();
        for (table, column) in columns {
            tables.entry(table).or_default().push(column);
        }
        Ok(Self(tables))
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of all tables.
    pub(in crate::store) fn tables(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The columns of a table, if it is there.
    pub(in crate::store) fn columns(&self, table: &str) -> Option<&[FoundColumn]> {
        self.0.get(table).map(Vec::as_slice)
    }

    pub(in crate::store) fn column(&self, table: &str, column: &str) -> Option<&FoundColumn> {
        self.columns(table)?.iter().find(|found| found.name == column)
    }
}
