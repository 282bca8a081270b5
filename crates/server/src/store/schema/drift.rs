//! Where the tables of a database differ from what we read and write.

use std::fmt;

use super::ddl::{Dialect, kind_of, type_name};
use super::found::Found;
use super::tables::{Column, Kind, Rule, Table};
use crate::store::statements::Statements;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// The table.
    pub table: String,
    /// The column; none where the whole table is meant.
    pub column: Option<String>,
    /// What is wrong with it.
    pub kind: DriftKind,
}

/// What is wrong with a table or column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftKind {
    /// It is not there.
    Missing {
        /// Whether `gatewright db migrate` can add it.
        can_be_added: bool,
    },
    /// Two rows may have the same value, and must not.
    NotUnique,
    /// It needs a value, has none of its own, and we know of none.
    Unfilled,
    /// It holds something else.
    WrongType {
        /// What it should hold, as the engine calls it.
        expected: String,
        /// What it holds.
        found: String,
    },
}

impl Drift {
    fn new(table: &str, column: Option<&str>, kind: DriftKind) -> Self {
        Self { table: table.to_owned(), column: column.map(str::to_owned), kind }
    }

    /// What mends it.
    pub fn mend(&self) -> &'static str {
        match self.kind {
            DriftKind::Missing { can_be_added: true } => "gatewright db migrate adds it",
            DriftKind::Missing { can_be_added: false } => {
                "Better Auth's own migration adds it (npx auth migrate)"
            }
            DriftKind::NotUnique => "make a unique index of it, once no value is there twice",
            DriftKind::Unfilled => "give it a default, or let it be null",
            DriftKind::WrongType { .. } => "change its type, or copy the rows into a new database",
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "column {}.{column}", self.table)?,
            None => write!(f, "table {}", self.table)?,
        }
        match &self.kind {
            DriftKind::Missing { .. } => f.write_str(" is missing"),
            DriftKind::NotUnique => f.write_str(" may hold a value twice"),
            DriftKind::Unfilled => {
                f.write_str(" needs a value in each row, and Gatewright has none for it")
            }
            DriftKind::WrongType { expected, found } => {
                write!(f, " is of the type {found}, not {expected}")
            }
        }
    }
}

/// All differences of `tables`. Other tables, and other columns that need no value, are nobody's
/// business.
pub(in crate::store) fn drifts(
    found: &Found,
    dialect: Dialect,
    tables: &[Table],
    statements: &Statements,
) -> Vec<Drift> {
    let mut drifts = Vec::new();
    for table in tables {
        let Some(columns) = found.columns(table.name) else {
            let missing = DriftKind::Missing { can_be_added: true };
            drifts.push(Drift::new(table.name, None, missing));
            continue;
        };
        for column in table.columns {
            drifts.extend(drift_of(found, dialect, table.name, column));
        }
        let fields = statements.fields_of(table.name);
        for field in fields.iter().filter(|f| found.column(table.name, &f.column).is_none()) {
            let missing = DriftKind::Missing { can_be_added: true };
            drifts.push(Drift::new(table.name, Some(&field.column), missing));
        }
        let is_ours = |name: &str| {
            table.columns.iter().any(|column| column.name == name)
                || fields.iter().any(|field| field.column == name)
                || (table.name, name) == ("account", "issuer")
        };
        for column in columns {
            if !column.is_nullable && !column.has_default && !is_ours(&column.name) {
                drifts.push(Drift::new(table.name, Some(&column.name), DriftKind::Unfilled));
            }
        }
    }
    drifts
}

fn drift_of(found: &Found, dialect: Dialect, table: &str, column: &Column) -> Option<Drift> {
    let drift = |kind| Some(Drift::new(table, Some(column.name), kind));
    let Some(is) = found.column(table, column.name) else {
        // What may be null can be added to rows that are there.
        return drift(DriftKind::Missing { can_be_added: column.is_nullable });
    };
    if !fits(dialect, column, &is.type_name) {
        return drift(DriftKind::WrongType {
            expected: type_name(dialect, column.kind).to_owned(),
            found: is.type_name.clone(),
        });
    }
    let must_be_unique = matches!(column.rule, Rule::Primary | Rule::Unique);
    if must_be_unique && !is.is_unique { drift(DriftKind::NotUnique) } else { None }
}

/// Whether a column of this type can hold what we write into it, and gives it back.
fn fits(dialect: Dialect, column: &Column, type_name: &str) -> bool {
    let is_id = matches!(column.rule, Rule::Primary | Rule::References(_));
    match kind_of(dialect, type_name) {
        // `SQLite` gives such a column to whoever comes.
        None => dialect == Dialect::Sqlite && type_name.is_empty(),
        Some(Kind::Text) if is_id => true,
        // Dates are text in `SQLite`; numbers would be compared with it, and lose.
        Some(Kind::Text) => {
            let is_uuid = type_name == "uuid";
            !is_uuid
                && (column.kind == Kind::Text
                    || (dialect == Dialect::Sqlite && column.kind == Kind::Date))
        }
        Some(Kind::Json) => column.kind == Kind::Json,
        Some(Kind::Boolean) => column.kind == Kind::Boolean,
        Some(Kind::Date) => column.kind == Kind::Date,
        Some(Kind::Integer) => match column.kind {
            Kind::Integer => true,
            // There is one kind of whole number in `SQLite`, and no other kind of truth.
            Kind::BigInt | Kind::Boolean => dialect == Dialect::Sqlite,
            Kind::Json | Kind::Text | Kind::Date => false,
        },
        Some(Kind::BigInt) => matches!(column.kind, Kind::BigInt | Kind::Integer),
    }
}
