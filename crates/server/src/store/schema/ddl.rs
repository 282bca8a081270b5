//! Tables as either engine's SQL has them, in the words of upstream's migration.

use std::fmt::Write as _;

use super::tables::{Column, Kind, Rule, Table};
use crate::store::engine::Engine;

/// Whose SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub(in crate::store) fn of(engine: &Engine) -> Self {
        match engine {
            Engine::Sqlite(_) => Self::Sqlite,
            Engine::Postgres(_) => Self::Postgres,
        }
    }
}

/// The statements that make `tables` and their indexes.
pub(super) fn create(dialect: Dialect, tables: &[Table]) -> String {
    let mut sql = String::new();
    for table in tables {
        let columns: Vec<String> =
            table.columns.iter().map(|column| definition(dialect, column)).collect();
        // Writing to a `String` cannot fail.
        let _ = writeln!(sql, r#"CREATE TABLE "{}" ({});"#, table.name, columns.join(", "));
    }
    for table in tables {
        for column in table.columns {
            if matches!(column.rule, Rule::Indexed | Rule::References(_)) {
                let (table, column) = (table.name, column.name);
                let _ = writeln!(
                    sql,
                    r#"CREATE INDEX "{table}_{column}_idx" ON "{table}" ("{column}");"#
                );
            }
        }
    }
    sql
}

/// A column, as `CREATE TABLE` has it.
pub(super) fn definition(dialect: Dialect, column: &Column) -> String {
    let mut sql = format!(r#""{}" {}"#, column.name, type_name(dialect, column.kind));
    if column.defaults_to_now && dialect == Dialect::Postgres {
        sql.push_str(" default CURRENT_TIMESTAMP");
    }
    if !column.is_nullable {
        sql.push_str(" not null");
    }
    match column.rule {
        Rule::Primary => sql.push_str(" primary key"),
        Rule::Unique => sql.push_str(" unique"),
        Rule::References(table) => {
            let _ = write!(sql, r#" references "{table}" ("id") on delete cascade"#);
        }
        Rule::None | Rule::Indexed => {}
    }
    sql
}

pub(super) fn type_name(dialect: Dialect, kind: Kind) -> &'static str {
    match (dialect, kind) {
        (_, Kind::Text) => "text",
        (Dialect::Sqlite, Kind::Boolean) | (_, Kind::Integer) => "integer",
        (Dialect::Postgres, Kind::Boolean) => "boolean",
        (_, Kind::BigInt) => "bigint",
        (Dialect::Sqlite, Kind::Date) => "date",
        (Dialect::Postgres, Kind::Date) => "timestamptz",
    }
}
